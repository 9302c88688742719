using CsCheck;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Tests;

/// <summary>Small clusters with a bit of everything that nodes have and pods can ask for.</summary>
static class AnyCluster
{
    public sealed record Case(IReadOnlyList<Node> Nodes, IReadOnlyList<Pod> Pods)
    {
        public ClusterState State(Random? order = null)
        {
            Resource[] resources = [.. Nodes, .. Pods, new Namespace { Metadata = new ObjectMeta { Name = "other", Labels = new Dictionary<string, string> { ["team"] = "red" } } }];
            order?.Shuffle(resources);
            return new Snapshot { Format = Snapshot.PresentFormat, Resources = [.. resources] }.ToState();
        }

        public override string ToString() => string.Join('\n', Nodes.Select(node => Model.ModelJson.Encode(node)).Concat(Pods.Select(pod => Model.ModelJson.Encode(pod))).Select(System.Text.Encoding.UTF8.GetString));
    }

    static readonly Gen<Node> AnyNode = Gen.Select(Gen.Int[0, 40], Gen.Int[0, 16], Gen.Int[0, 12], Gen.Int[0, 9], Gen.Int[0, 3], Gen.Int[0, 3]).Select((cpu, memory, pods, kind, zone, gpus) =>
        new Node
        {
            Metadata = new ObjectMeta { Labels = zone == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["zone"] = $"z{zone}", ["disk"] = gpus > 1 ? "ssd" : "hdd" } },
            Spec = kind switch
            {
                0 => new NodeSpec { Unschedulable = true },
                1 => new NodeSpec { Taints = [new Taint { Key = "own", Effect = TaintEffect.NoSchedule }] },
                2 => new NodeSpec { Taints = [new Taint { Key = "spare", Effect = TaintEffect.PreferNoSchedule }] },
                _ => new NodeSpec(),
            },
            Status = new NodeStatus
            {
                Allocatable = Amounts(cpu * 100, memory, pods, gpus),
                Conditions = [new Condition { Type = NodeConditions.Ready, Status = kind == 3 ? ConditionStatus.Unknown : ConditionStatus.True }],
            },
        });

    static readonly Gen<Pod> AnyPod = Gen.Select(
        Gen.Select(Gen.Int[0, 12], Gen.Int[0, 6], Gen.Int[0, 20], Gen.Int[0, 8]),
        Gen.Select(Gen.Int[0, 5], Gen.Int[0, 12], Gen.Int[0, 9], Gen.Int[0, 2]),
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, 2], Gen.Bool, Gen.Int[0, 5])).Select((size, place, company) =>
        {
            var (cpu, memory, init, gpu) = size;
            var (owner, port, choice, app) = place;
            var (kind, other, zonal, tolerates) = company;
            var key = zonal ? "zone" : "kubernetes.io/hostname";
            var term = new PodAffinityTerm { TopologyKey = key, LabelSelector = App(other), NamespaceSelector = tolerates == 5 ? new LabelSelector { MatchLabels = new Dictionary<string, string> { ["team"] = "red" } } : null };
            var main = AContainer("main", cpu * 100, memory, gpu switch { 7 => 1, 8 => 2, _ => 0 }, gpu switch { 5 => 300, 6 => 600, _ => 0 });
            return new Pod
            {
                Metadata = new ObjectMeta
                {
                    Namespace = tolerates == 4 ? "other" : "default",
                    Labels = new Dictionary<string, string> { ["app"] = $"a{app}", ["hash"] = $"{port % 2}" },
                    OwnerReferences = owner < 4 ? [] : [new OwnerReference { ApiVersion = "apps/v1", Kind = "ReplicaSet", Name = $"set{owner}", Uid = $"set{owner}", Controller = true }],
                },
                Spec = new PodSpec
                {
                    Containers = [main with { Ports = port == 0 ? [new ContainerPort { Port = 80, HostPort = 8080 }] : [] }],
                    InitContainers = init > 15 ? [AContainer("init", init * 100, memory, 0, 0)] : [],
                    NodeSelector = choice == 0 ? new Dictionary<string, string> { ["disk"] = "ssd" } : new Dictionary<string, string>(),
                    Tolerations = tolerates == 0 ? [new Toleration { Key = "own", Operator = TolerationOperator.Exists }] : [],
                    Affinity = new Affinity
                    {
                        NodeAffinity = choice switch { 1 => Required("zone", "z1", "z2"), 2 => Preferred("disk", "ssd"), _ => null },
                        PodAffinity = kind == 1 ? new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [term] } : kind == 2 ? new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new WeightedPodAffinityTerm(50, term)] } : null,
                        PodAntiAffinity = kind == 3 ? new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [term] } : kind == 4 ? new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new WeightedPodAffinityTerm(50, term)] } : null,
                    },
                    TopologySpreadConstraints = kind is 5 or 6
                        ? [new TopologySpreadConstraint { MaxSkew = 1 + tolerates % 2, TopologyKey = key, WhenUnsatisfiable = kind == 5 ? UnsatisfiableAction.DoNotSchedule : UnsatisfiableAction.ScheduleAnyway, LabelSelector = App(app), MinDomains = kind == 5 && tolerates == 3 ? 3 : null,
                            NodeAffinityPolicy = owner == 0 ? NodeInclusionPolicy.Ignore : null, NodeTaintsPolicy = owner is 1 or 2 ? NodeInclusionPolicy.Honor : null, MatchLabelKeys = init < 8 ? ["hash"] : [] }]
                        : [],
                },
            };
        });

    public static readonly Gen<Case> Any = Gen.Select(AnyNode.Array[0, 8], AnyPod.Array[0, 30]).Select(Numbered);

    static Case Numbered(Node[] nodes, Pod[] pods) => new(
        [.. nodes.Select((node, i) => node with { Metadata = node.Metadata with { Name = $"n{i}", Uid = $"n{i}", Labels = new Dictionary<string, string>(node.Metadata.Labels) { ["kubernetes.io/hostname"] = $"n{i}" } } })],
        [.. pods.Select((pod, i) => pod with { Metadata = pod.Metadata with { Name = $"p{i:00}", Uid = $"p{i:00}" } })]);

    static LabelSelector App(int app) => new() { MatchLabels = new Dictionary<string, string> { ["app"] = $"a{app}" } };

    static NodeAffinity Required(string key, params string[] values) => new()
    {
        RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = key, Operator = NodeSelectorOperator.In, Values = values }] }] },
    };

    static NodeAffinity Preferred(string key, string value) => new()
    {
        PreferredDuringSchedulingIgnoredDuringExecution = [new PreferredSchedulingTerm(10, new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = key, Operator = NodeSelectorOperator.In, Values = [value] }] })],
    };

    public static Container AContainer(string name, int millicores, int gibibytes, int gpus, int share)
    {
        var requests = new Dictionary<string, Quantity> { [ResourceNames.Cpu] = Quantity.FromMillicores(millicores), [ResourceNames.Memory] = Quantity.FromBytes((long)gibibytes << 30) };
        if (gpus > 0) requests[ResourceNames.Gpu] = Quantity.FromCount(gpus);
        if (share > 0) requests[ResourceNames.GpuMilli] = Quantity.FromCount(share);
        return new Container { Name = name, Image = "busybox", Resources = new ResourceRequirements { Requests = requests } };
    }

    public static Dictionary<string, Quantity> Amounts(int millicores, int gibibytes, int pods, int gpus = 0) => new()
    {
        [ResourceNames.Cpu] = Quantity.FromMillicores(millicores),
        [ResourceNames.Memory] = Quantity.FromBytes((long)gibibytes << 30),
        [ResourceNames.Pods] = Quantity.FromCount(pods),
        [ResourceNames.Gpu] = Quantity.FromCount(gpus),
    };
}
