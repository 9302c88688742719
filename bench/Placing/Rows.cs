using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Bench.Placing;

/// <summary>A workload of kube-scheduler's scheduler_perf, as far as it makes sense without an API server.</summary>
/// <param name="Floor">The pods a second below which Kubernetes' own continuous benchmark fails, at 5,000 nodes.</param>
/// <param name="Goal">Ours at 5,000 nodes.</param>
/// <param name="PodsPerNode">How many pods wait, by the number of nodes.</param>
sealed record Row(string Name, double Floor, double Goal, double PodsPerNode, Func<int, int, Pod> Make)
{
    public Func<int, IEnumerable<Pod>> There { get; init; } = static _ => [];

    public static IReadOnlyList<Row> All { get; } =
    [
        new("basic", 680, 100_000, 10, static (_, i) => Pod(i)),
        new("ten shapes", 680, 100_000, 10, static (_, i) => Pod(i, cpu: 50 + (i * 7 % 10 * 10))),
        new("daemonset", 1100, 10_000, 1, static (nodes, i) => Pod(i, affinity: new Affinity { NodeAffinity = OnNode($"n{i % nodes:000000}") })),
        new("preemption mixed in", 570, 570, 1, static (_, i) => i % 20 == 0 ? Pod(i, cpu: 900, priority: 10) : Pod(i, cpu: 0))
        {
            There = static nodes => Enumerable.Range(0, 4 * nodes).Select(i => Placed(Pod(i, cpu: 980, name: "low"), i % nodes)),
        },
        new("unschedulable mixed in", 590, 10_000, 10, static (_, i) => Pod(i, cpu: i % 10 == 0 ? 9000 : 100)),
        new("topology spread", 460, 10_000, 10, static (_, i) => Pod(i, app: "blue", spread: Spread(UnsatisfiableAction.DoNotSchedule))),
        new("preferred spread", 340, 10_000, 10, static (_, i) => Pod(i, app: "blue", spread: Spread(UnsatisfiableAction.ScheduleAnyway))),
        new("extended resources", 180, 10_000, 10, static (_, i) => Pod(i, extended: true)),
        new("node affinity", 220, 10_000, 10, static (_, i) => Pod(i, affinity: new Affinity { NodeAffinity = InZones("z0", "z1") })),
        new("pod affinity", 35, 10_000, 3, static (_, i) => Pod(i, app: "blue", affinity: new Affinity { PodAffinity = Company("blue", "zone") })),
        new("pod anti-affinity", 60, 10_000, 1, static (_, i) => Pod(i, app: "green", affinity: new Affinity { PodAntiAffinity = Company("green", "kubernetes.io/hostname") })),
        new("preferred pod affinity", 35, 10_000, 10, static (_, i) => Pod(i, app: "blue", affinity: new Affinity { PodAffinity = Wish("blue", "kubernetes.io/hostname") })),
        new("namespace selector", 24, 10_000, 1, static (_, i) => Pod(i, app: "green", @namespace: $"ns{i % 100}", affinity: new Affinity { PodAntiAffinity = Company("green", "kubernetes.io/hostname", everywhere: true) })),
    ];

    public static Node Node(int i) => new()
    {
        Metadata = new ObjectMeta { Name = $"n{i:000000}", Uid = $"n{i}", Labels = new Dictionary<string, string> { ["kubernetes.io/hostname"] = $"n{i:000000}", ["zone"] = $"z{i % 5}" } },
        Status = new NodeStatus
        {
            Allocatable = new Dictionary<string, Quantity>
            {
                ["cpu"] = Quantity.FromMillicores(4000), ["memory"] = Quantity.Parse("32Gi"), ["pods"] = Quantity.FromCount(Math.Max(110, 250)), ["foo.example/bar"] = Quantity.FromCount(100),
            },
            Conditions = [new Condition { Type = NodeConditions.Ready, Status = ConditionStatus.True }],
        },
    };

    static Pod Placed(Pod pod, int node) => pod with { Spec = pod.Spec with { NodeName = $"n{node:000000}" } };

    public static Pod Pod(int i, int cpu = 100, string? app = null, Affinity? affinity = null, TopologySpreadConstraint? spread = null, bool extended = false, int? priority = null, string @namespace = "default", string name = "p")
    {
        var requests = new Dictionary<string, Quantity> { ["cpu"] = Quantity.FromMillicores(cpu), ["memory"] = Quantity.FromBytes(500 << 10) };
        if (extended) requests["foo.example/bar"] = Quantity.FromCount(1);
        return new Pod
        {
            Metadata = new ObjectMeta
            {
                Name = $"{name}{i:0000000}", Namespace = @namespace, Uid = $"{name}{i}", ResourceVersion = (i + 1).ToString(System.Globalization.CultureInfo.InvariantCulture),
                Labels = app is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["color"] = app },
            },
            Spec = new PodSpec
            {
                Priority = priority,
                Affinity = affinity,
                TopologySpreadConstraints = spread is null ? [] : [spread],
                Containers = [new Container { Name = "pause", Image = "pause", Resources = new ResourceRequirements { Requests = requests } }],
            },
        };
    }

    static LabelSelector Color(string color) => new() { MatchLabels = new Dictionary<string, string> { ["color"] = color } };

    static PodAffinityTerm Term(string color, string key, bool everywhere) => new() { LabelSelector = Color(color), TopologyKey = key, NamespaceSelector = everywhere ? new LabelSelector() : null };

    static PodAffinity Company(string color, string key, bool everywhere = false) => new() { RequiredDuringSchedulingIgnoredDuringExecution = [Term(color, key, everywhere)] };

    static PodAffinity Wish(string color, string key) => new() { PreferredDuringSchedulingIgnoredDuringExecution = [new WeightedPodAffinityTerm(1, Term(color, key, everywhere: false))] };

    static TopologySpreadConstraint Spread(UnsatisfiableAction action) => new() { MaxSkew = 5, TopologyKey = "zone", WhenUnsatisfiable = action, LabelSelector = Color("blue") };

    static NodeAffinity InZones(params string[] zones) => Required(new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = "zone", Operator = NodeSelectorOperator.In, Values = zones }] });

    static NodeAffinity OnNode(string name) => Required(new NodeSelectorTerm { MatchFields = [new NodeSelectorRequirement { Key = NodeSelectorTerm.NameField, Operator = NodeSelectorOperator.In, Values = [name] }] });

    static NodeAffinity Required(NodeSelectorTerm term) => new() { RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = [term] } };
}
