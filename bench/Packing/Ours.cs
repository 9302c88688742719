using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.Scheduler;

namespace Orchestrator.Bench.Packing;

/// <summary>The scheduler itself, told of the generated machines and pods as of any others.</summary>
static class Ours
{
    const string Product = "nvidia.com/gpu.product";

    public static Heuristics.Chooser Chooser(IReadOnlyList<Machine> machines)
    {
        var replay = new Replay([.. machines.Select(ANode)], []);
        var number = 0;
        return (world, task) =>
        {
            var pod = APod(task, number++);
            if (replay.Arrive(pod) is Placed placed) return (int.Parse(placed.Node.AsSpan(1)), task.Share > 0 ? placed.Devices[0] : -1);
            replay.Depart(pod);
            return (-1, -1);
        };
    }

    public static Node ANode(Machine machine, int i) => new()
    {
        Metadata = new ObjectMeta { Name = $"n{i:00000}", Labels = machine.Gpus > 0 ? new Dictionary<string, string> { [Product] = machine.Model } : new Dictionary<string, string>() },
        Status = new NodeStatus
        {
            Allocatable = Amounts(machine.Cpu, machine.Memory, machine.Gpus, 0, 1000),
            Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
        },
    };

    public static Pod APod(Task task, int i) => new()
    {
        Metadata = new ObjectMeta { Name = $"p{i}", Namespace = "default", Uid = $"p{i}" },
        Spec = new PodSpec
        {
            Containers = [new Container { Name = "main", Image = "main", Resources = new ResourceRequirements { Requests = Amounts(task.Cpu, task.Memory, task.Gpus, task.Share, 0) } }],
            Affinity = task.Models.Length == 0 ? null : new Affinity
            {
                NodeAffinity = new NodeAffinity
                {
                    RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector
                    {
                        NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = Product, Operator = NodeSelectorOperator.In, Values = task.Models }] }],
                    },
                },
            },
        },
    };

    static Dictionary<string, Quantity> Amounts(int cpu, int memory, int gpus, int share, int pods)
    {
        var amounts = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.FromMillicores(cpu), [ResourceNames.Memory] = Quantity.FromBytes((long)memory << 20) };
        if (gpus > 0) amounts[ResourceNames.Gpu] = Quantity.FromCount(gpus);
        if (share > 0) amounts[ResourceNames.GpuMilli] = Quantity.FromCount(share);
        if (pods > 0) amounts[ResourceNames.Pods] = Quantity.FromCount(pods);
        return amounts;
    }
}
