using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Nodes;

/// <summary>A machine that runs pods. Source: Kubernetes core/v1 Node.</summary>
public sealed record Node() : Resource<NodeSpec, NodeStatus>("v1", KindName)
{
    public const string KindName = "Node";

    /// <summary>The label of nodes that take requests from outside.</summary>
    public const string IngressRole = "node-role.kubernetes.io/ingress";

    /// <summary>The label of nodes that answer for no address of a service.</summary>
    public const string ExcludedFromLoadBalancers = "node.kubernetes.io/exclude-from-external-load-balancers";

    public bool IsReady() => Status.Conditions.IsTrue(NodeConditions.Ready);

    /// <summary>What keeps pods away: what users say, and what the node is short of. Source: Kubernetes, "Taint Nodes by Condition".</summary>
    public IEnumerable<Taint> Taints() => Status.Conditions.Count < 2 ? Spec.Taints : Spec.Taints.Concat(NodeConditions.Pressures.Where(Status.Conditions.IsTrue).Select(NodeConditions.TaintOf));
}

[KnownUpstream("configSource", "externalID", "podCIDRs", "providerID")]
public sealed record NodeSpec
{
    /// <summary>The range its pods get their addresses from, given by the control plane: <c>10.244.1.0/24</c>.</summary>
    [JsonPropertyName("podCIDR")]
    public string? PodCidr { get; init; }

    /// <summary>True when no new pods may be placed here (cordoned).</summary>
    public bool Unschedulable { get; init; }

    public IReadOnlyList<Taint> Taints { get; init => field = value ?? []; } = [];
}

/// <summary>Keeps pods away that don't tolerate it.</summary>
[KnownUpstream("timeAdded")]
public sealed record Taint
{
    public required string Key { get; init; }

    public string? Value { get; init; }

    public required TaintEffect Effect { get; init; }
}

public sealed record NodeStatus
{
    /// <summary>What the machine has.</summary>
    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>What of it pods may reserve.</summary>
    public IReadOnlyDictionary<string, Quantity> Allocatable { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];

    public IReadOnlyList<NodeAddress> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>The images that are on the node already.</summary>
    public IReadOnlyList<NodeImage> Images { get; init => field = value ?? []; } = [];

    public NodeInfo NodeInfo { get; init => field = value ?? new(); } = new();

    /// <summary>The store's revision at which the node's present session was opened; what an older session says is refused. 0 before the first.</summary>
    public long SessionEpoch { get; init; }

    /// <summary>
    /// Counts the rounds in which pods were placed here. It makes a new revision of the node of each, so that whoever decides by an older one is refused.
    /// </summary>
    public long Bindings { get; init; }

    /// <summary>
    /// The agent's promise: so many seconds after its lease has run out its at-most-one pods have surely stopped, by its own monotonic clock. Null when it promises nothing, and such pods
    /// stay where they are until it is back.
    /// </summary>
    public int? FenceSeconds { get; init; }

    /// <summary>The address other nodes reach this one at; null before its agent first connected.</summary>
    public string? InternalIp() => Addresses.FirstOrDefault(address => address.Type == NodeAddress.InternalIp)?.Address;
}

public static class NodeConditions
{
    public const string Ready = "Ready";
    public const string MemoryPressure = "MemoryPressure";
    public const string DiskPressure = "DiskPressure";
    public const string PidPressure = "PIDPressure";

    /// <summary>Whether the node's clock is another than the servers'.</summary>
    public const string ClockSkewed = "ClockSkewed";

    /// <summary>The taint of a node that is short of memory, which pods with a request or limit tolerate.</summary>
    public const string MemoryTaint = "node.kubernetes.io/memory-pressure";

    /// <summary>Those that the node's agent tells of.</summary>
    public static IReadOnlyList<string> Pressures { get; } = [MemoryPressure, DiskPressure, PidPressure];

    internal static Taint TaintOf(string pressure) => new()
    {
        Key = pressure switch
        {
            MemoryPressure => MemoryTaint,
            DiskPressure => "node.kubernetes.io/disk-pressure",
            PidPressure => "node.kubernetes.io/pid-pressure",
            _ => throw new System.Diagnostics.UnreachableException($"{pressure} is none of the pressures"),
        },
        Effect = TaintEffect.NoSchedule,
    };
}

public sealed record NodeAddress
{
    public const string InternalIp = "InternalIP";

    public required string Type { get; init; }

    public required string Address { get; init; }
}

public sealed record NodeImage
{
    public IReadOnlyList<string> Names { get; init => field = value ?? []; } = [];

    public long SizeBytes { get; init; }
}

/// <summary>What the agent says of its machine.</summary>
public sealed record NodeInfo
{
    public string? Architecture { get; init; }

    public string? OperatingSystem { get; init; }

    public string? OsImage { get; init; }

    public string? KernelVersion { get; init; }

    public string? ContainerRuntimeVersion { get; init; }

    /// <summary>The version of orchd.</summary>
    public string? AgentVersion { get; init; }
}
