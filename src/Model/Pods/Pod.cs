using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>A group of containers that run together on one node, once: a replacement is a new pod. Source: Kubernetes core/v1 Pod.</summary>
public sealed record Pod() : Resource<PodSpec, PodStatus>("v1", KindName)
{
    public const string KindName = "Pod";

    /// <summary>The annotation that names the devices of its node that a placed pod has.</summary>
    public const string DevicesAnnotation = "scheduling.orchestrator/devices";

    /// <summary>True when none of its containers will ever run again.</summary>
    public bool IsTerminal() => Status.Phase is PodPhase.Succeeded or PodPhase.Failed;

    public bool IsReady() => Status.Conditions.IsTrue(PodConditions.Ready);

    public bool IsBeingDeleted() => Metadata.DeletionTimestamp is not null;
}

/// <summary>What a ReplicaSet or another owner makes its pods from.</summary>
public sealed record PodTemplate
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PodSpec Spec { get; init => field = value ?? new(); } = new();
}

/// <summary>What should run. Source: Kubernetes core/v1 PodSpec.</summary>
[KnownUpstream("automountServiceAccountToken", "enableServiceLinks", "ephemeralContainers",
    "hostIPC", "imagePullSecrets", "os", "readinessGates", "resourceClaims", "runtimeClassName", "serviceAccount",
    "serviceAccountName", "setHostnameAsFQDN", "shareProcessNamespace")]
public sealed record PodSpec
{
    [MergeKey("name")]
    public IReadOnlyList<Container> InitContainers { get; init => field = value ?? []; } = [];

    [MergeKey("name")]
    public IReadOnlyList<Container> Containers { get; init => field = value ?? []; } = [];

    [MergeKey("name")]
    public IReadOnlyList<Volume> Volumes { get; init => field = value ?? []; } = [];

    [Default("\"Always\"")]
    public RestartPolicy RestartPolicy { get; init; }

    /// <summary>Seconds between the request to stop and the kill.</summary>
    [Default("30")]
    public long? TerminationGracePeriodSeconds { get; init; }

    /// <summary>Seconds after its start at which a pod that still runs is ended as failed; null for never.</summary>
    public long? ActiveDeadlineSeconds { get; init; }

    /// <summary>The node this pod is bound to; null until the scheduler has placed it.</summary>
    public string? NodeName { get; init; }

    /// <summary>Labels that the node must have.</summary>
    public IReadOnlyDictionary<string, string> NodeSelector { get; init => field = value ?? Empty.Map; } = Empty.Map;

    public IReadOnlyList<Toleration> Tolerations { get; init => field = value ?? []; } = [];

    public Affinity? Affinity { get; init; }

    [MergeKey("topologyKey")]
    public IReadOnlyList<TopologySpreadConstraint> TopologySpreadConstraints { get; init => field = value ?? []; } = [];

    /// <summary>The class that gives the pod its priority.</summary>
    public string? PriorityClassName { get; init; }

    /// <summary>The higher is placed first and may preempt the lower; from the class when that is named.</summary>
    public int? Priority { get; init; }

    public PreemptionPolicy? PreemptionPolicy { get; init; }

    /// <summary>The profile that the pod is placed by: bin-pack or spread. Null, and default-scheduler, take the cluster's default.</summary>
    public string? SchedulerName { get; init; }

    /// <summary>While there is one, the pod is not placed.</summary>
    [MergeKey("name")]
    public IReadOnlyList<PodSchedulingGate> SchedulingGates { get; init => field = value ?? []; } = [];

    /// <summary>What running the pod takes beside its containers.</summary>
    public IReadOnlyDictionary<string, Quantity> Overhead { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>Runs in the node's own network instead of one of its own.</summary>
    public bool HostNetwork { get; init; }

    /// <summary>Sees the processes of the node instead of only its own.</summary>
    [JsonPropertyName("hostPID")]
    public bool HostPid { get; init; }

    /// <summary>False for users of the pod's own: root of the pod is nobody on the node. Source: KEP-127.</summary>
    public bool? HostUsers { get; init; }

    /// <summary>Lines for /etc/hosts.</summary>
    [MergeKey("ip")]
    public IReadOnlyList<HostAlias> HostAliases { get; init => field = value ?? []; } = [];

    /// <summary>The host name inside; the pod's name when null.</summary>
    public string? Hostname { get; init; }

    /// <summary>The headless service below which the pod has a name of its own, with its hostname in front.</summary>
    public string? Subdomain { get; init; }

    /// <summary>Whom the pod asks for names.</summary>
    [Default("\"ClusterFirst\"")]
    public DnsPolicy DnsPolicy { get; init; }

    public PodDnsConfig? DnsConfig { get; init; }

    public PodSecurityContext? SecurityContext { get; init; }

    public const long DefaultGraceSeconds = 30;

    public long GraceSeconds() => TerminationGracePeriodSeconds ?? DefaultGraceSeconds;
}

public sealed record PodSchedulingGate(string Name);

/// <summary>Names for an address, in /etc/hosts.</summary>
public sealed record HostAlias
{
    public required string Ip { get; init; }

    public IReadOnlyList<string> Hostnames { get; init => field = value ?? []; } = [];
}

public enum RestartPolicy
{
    Always,
    OnFailure,
    Never,
}

/// <summary>Lets a pod onto nodes with a matching taint.</summary>
public sealed record Toleration
{
    /// <summary>The taint's key; null with Exists tolerates every taint.</summary>
    public string? Key { get; init; }

    [Default("\"Equal\"")]
    public TolerationOperator Operator { get; init; }

    public string? Value { get; init; }

    /// <summary>The effect that is tolerated; null for all of them.</summary>
    public TaintEffect? Effect { get; init; }

    /// <summary>How long a NoExecute taint is tolerated; null for ever.</summary>
    public long? TolerationSeconds { get; init; }

    public bool Tolerates(Nodes.Taint taint) =>
        (Effect is null || Effect == taint.Effect)
        && Operator switch
        {
            TolerationOperator.Equal => Key == taint.Key && (Value ?? "") == (taint.Value ?? ""),
            TolerationOperator.Exists => Key is null || Key == taint.Key,
        };
}

public enum TolerationOperator
{
    Equal,
    Exists,
}

public enum TaintEffect
{
    NoSchedule,
    PreferNoSchedule,
    NoExecute,
}

/// <summary>Security settings for all containers of a pod.</summary>
[KnownUpstream("appArmorProfile", "fsGroupChangePolicy", "seLinuxOptions", "supplementalGroupsPolicy", "windowsOptions")]
public sealed record PodSecurityContext
{
    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public IReadOnlyList<long> SupplementalGroups { get; init => field = value ?? []; } = [];

    /// <summary>A supplementary group of every process, to which the files of the pod's volumes belong.</summary>
    public long? FsGroup { get; init; }

    public SeccompProfile? SeccompProfile { get; init; }

    /// <summary>Kernel parameters of the pod's own namespaces.</summary>
    [MergeKey("name")]
    public IReadOnlyList<Sysctl> Sysctls { get; init => field = value ?? []; } = [];
}

public sealed record Sysctl
{
    public required string Name { get; init; }

    public required string Value { get; init; }
}

/// <summary>Source: Kubernetes "DNS for Services and Pods", pod's DNS policy.</summary>
public enum DnsPolicy
{
    /// <summary>The cluster's names and, through the node, all others; on the host's network the node's own.</summary>
    ClusterFirst,

    /// <summary>The cluster's names also on the host's network.</summary>
    ClusterFirstWithHostNet,

    /// <summary>What the node itself uses.</summary>
    Default,

    /// <summary>Only what dnsConfig says.</summary>
    None,
}

/// <summary>What is added to a pod's resolv.conf, or is all of it.</summary>
public sealed record PodDnsConfig
{
    public IReadOnlyList<string> Nameservers { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Searches { get; init => field = value ?? []; } = [];

    public IReadOnlyList<DnsOption> Options { get; init => field = value ?? []; } = [];
}

public sealed record DnsOption
{
    public required string Name { get; init; }

    public string? Value { get; init; }
}
