using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Tests;

/// <summary>
/// The objects of a story, one a line: <c>node n1 cpu=4 zone=a taint=gpu:NoSchedule</c>, <c>pod web on=n1 cpu=500m app=web far=app=web@zone</c>. What is not a word of
/// its own is a resource, when its value is an amount, or else a label.
/// </summary>
static class StoryObjects
{
    static readonly string[] Amounts = [ResourceNames.Cpu, ResourceNames.Memory, ResourceNames.Pods, ResourceNames.EphemeralStorage, "gpu", "gpu-milli", "fpga.example/card"];

    /// <param name="age">Later objects are younger.</param>
    public static Resource Read(string[] words, int age)
    {
        var said = words.Skip(2).Select(word => word.Split('=', 2)).Select(parts => (Name: parts[0], Value: parts.Length > 1 ? parts[1] : "")).ToList();
        var metadata = new ObjectMeta { Name = words[1], Uid = words[1], CreationTimestamp = DateTimeOffset.UnixEpoch.AddSeconds(age) };
        return words[0] switch
        {
            "node" => ANode(metadata, said),
            "pod" => APod(metadata with { Namespace = said.Find(each => each.Name == "namespace").Value ?? "default" }, said),
            "namespace" => new Namespace { Metadata = metadata with { Annotations = said.ToDictionary(each => $"scheduling.orchestrator/{each.Name}", each => each.Value) } },
            "budget" => new PodDisruptionBudget { Metadata = metadata with { Namespace = "default" }, Spec = new PodDisruptionBudgetSpec { MinAvailable = int.Parse(said[0].Value, CultureInfo.InvariantCulture), Selector = Selector($"{said[1].Name}={said[1].Value}") } },
            "group" => new PodGroup { Metadata = metadata with { Namespace = "default" }, Spec = new PodGroupSpec { MinMember = int.Parse(said[0].Value, CultureInfo.InvariantCulture) } },
            "quota" => new ResourceQuota { Metadata = metadata with { Namespace = "default" }, Spec = new ResourceQuotaSpec { Hard = said.ToDictionary(each => each.Name, each => Quantity.Parse(each.Value)) } },
            "claim" => new PersistentVolumeClaim { Metadata = metadata with { Namespace = "default" } },
            "class" => new PriorityClass { Metadata = metadata, Value = int.Parse(said[0].Value, CultureInfo.InvariantCulture) },
            _ => throw new InvalidDataException($"a story knows no {words[0]}"),
        };
    }

    static Node ANode(ObjectMeta metadata, List<(string Name, string Value)> said)
    {
        var labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = metadata.Name };
        var has = new Dictionary<string, Quantity> { [ResourceNames.Memory] = Quantity.Parse("64Gi"), [ResourceNames.Pods] = Quantity.FromCount(110) };
        var (taints, cordoned, lost, images) = (new List<Taint>(), false, false, new List<NodeImage>());
        foreach (var (name, value) in said)
        {
            if (name == "taint") taints.Add(new Taint { Key = value.Split(':')[0], Effect = Enum.Parse<TaintEffect>(value.Split(':')[1]) });
            else if (name == "cordoned") cordoned = true;
            else if (name == "lost") lost = true;
            else if (name == "image") images.Add(new NodeImage { Names = [value] });
            else if (Amounts.Contains(name)) has[Full(name)] = Quantity.Parse(value);
            else labels[name == "model" ? "nvidia.com/gpu.product" : name] = value;
        }

        return new Node
        {
            Metadata = metadata with { Labels = labels },
            Spec = new NodeSpec { Taints = taints, Unschedulable = cordoned },
            Status = new NodeStatus { Allocatable = has, Images = images, Conditions = [new Condition { Type = NodeConditions.Ready, Status = lost ? ConditionStatus.Unknown : ConditionStatus.True }] },
        };
    }

    static Pod APod(ObjectMeta metadata, List<(string Name, string Value)> said)
    {
        var labels = new Dictionary<string, string>();
        var asks = new Dictionary<string, Quantity>();
        var spec = new PodSpec();
        var image = "main";
        foreach (var (name, value) in said)
        {
            var near = spec.Affinity ?? new Affinity();
            if (name == "namespace") continue;
            if (name == "on") spec = spec with { NodeName = value };
            else if (name == "image") image = value;
            else if (name == "priority") spec = spec with { Priority = int.Parse(value, CultureInfo.InvariantCulture) };
            else if (name == "class") spec = spec with { PriorityClassName = value };
            else if (name == "claim") spec = spec with { Volumes = [.. spec.Volumes, new Volume { Name = value, PersistentVolumeClaim = new ClaimVolume { ClaimName = value } }] };
            else if (name == "profile") spec = spec with { SchedulerName = value };
            else if (name == "select") spec = spec with { NodeSelector = Selector(value).MatchLabels };
            else if (name == "tolerate") spec = spec with { Tolerations = [new Toleration { Key = value, Operator = TolerationOperator.Exists }] };
            else if (name == "needs") spec = spec with { Affinity = near with { NodeAffinity = new NodeAffinity { RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = [Term(value)] } } } };
            else if (name == "likes") spec = spec with { Affinity = near with { NodeAffinity = new NodeAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new PreferredSchedulingTerm(10, Term(value))] } } };
            else if (name == "near") spec = spec with { Affinity = near with { PodAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [Company(value)] } } };
            else if (name == "far") spec = spec with { Affinity = near with { PodAntiAffinity = new PodAffinity { RequiredDuringSchedulingIgnoredDuringExecution = [Company(value)] } } };
            else if (name is "spread" or "maybe-spread") spec = spec with { TopologySpreadConstraints = [Spread(value, name == "spread")] };
            else if (name is "likes-near" or "likes-far") spec = spec with { Affinity = Wish(near, name == "likes-near", value) };
            else if (name == "per") spec = spec with { TopologySpreadConstraints = [spec.TopologySpreadConstraints[0] with { MatchLabelKeys = [value] }] };
            else if (name == "affinity-policy") spec = spec with { TopologySpreadConstraints = [spec.TopologySpreadConstraints[0] with { NodeAffinityPolicy = Enum.Parse<NodeInclusionPolicy>(value) }] };
            else if (name == "taints-policy") spec = spec with { TopologySpreadConstraints = [spec.TopologySpreadConstraints[0] with { NodeTaintsPolicy = Enum.Parse<NodeInclusionPolicy>(value) }] };
            else if (name == "host-port") labels["port"] = value;
            else if (name == "group") labels[PodGroup.Label] = value;
            else if (Amounts.Contains(name)) asks[Full(name)] = Quantity.Parse(value);
            else labels[name] = value;
        }

        var main = new Container { Name = "main", Image = image, Resources = new ResourceRequirements { Requests = asks } };
        if (labels.Remove("port", out var port)) main = main with { Ports = [new ContainerPort { Port = 80, HostPort = int.Parse(port, CultureInfo.InvariantCulture) }] };
        var ready = new Condition { Type = PodConditions.Ready, Status = spec.NodeName is null ? ConditionStatus.False : ConditionStatus.True };
        return new Pod { Metadata = metadata with { Labels = labels }, Spec = spec with { Containers = [main] }, Status = new PodStatus { Conditions = [ready] } };
    }

    static string Full(string name) => name switch { "gpu" => ResourceNames.Gpu, "gpu-milli" => ResourceNames.GpuMilli, _ => name };

    static LabelSelector Selector(string text) => new() { MatchLabels = text.Split(',').Select(each => each.Split('=')).ToDictionary(each => each[0], each => each[1]) };

    static NodeSelectorTerm Term(string text)
    {
        var parts = text.Split('=');
        return new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = parts[0] == "model" ? "nvidia.com/gpu.product" : parts[0], Operator = NodeSelectorOperator.In, Values = parts[1].Split(',') }] };
    }

    static PodAffinityTerm Company(string text) => new() { LabelSelector = Selector(text.Split('@')[0]), TopologyKey = Key(text.Split('@')[1]) };

    static Affinity Wish(Affinity present, bool near, string value)
    {
        var wish = new PodAffinity { PreferredDuringSchedulingIgnoredDuringExecution = [new WeightedPodAffinityTerm(100, Company(value))] };
        return near ? present with { PodAffinity = wish } : present with { PodAntiAffinity = wish };
    }

    static TopologySpreadConstraint Spread(string text, bool required) => new()
    {
        LabelSelector = Selector(text.Split('@')[0]),
        TopologyKey = Key(text.Split('@')[1]),
        MaxSkew = 1,
        WhenUnsatisfiable = required ? UnsatisfiableAction.DoNotSchedule : UnsatisfiableAction.ScheduleAnyway,
    };

    static string Key(string text) => text == "host" ? "kubernetes.io/hostname" : text;
}
