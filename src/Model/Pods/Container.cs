using System.Text.Json.Serialization;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>One container of a pod. Source: Kubernetes core/v1 Container.</summary>
[KnownUpstream("resizePolicy", "stdin", "stdinOnce", "tty", "volumeDevices")]
public sealed record Container
{
    public const string DefaultMessagePath = "/dev/termination-log";

    public required string Name { get; init; }

    /// <summary>The image, by tag or digest: <c>registry:5000/shop/web:1.2</c>.</summary>
    public required string Image { get; init; }

    /// <summary>When to pull; null means Always for the tag latest and IfNotPresent for any other.</summary>
    public ImagePullPolicy? ImagePullPolicy { get; init; }

    /// <summary>Replaces the image's entrypoint.</summary>
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];

    /// <summary>Replaces the image's arguments.</summary>
    public IReadOnlyList<string> Args { get; init => field = value ?? []; } = [];

    public string? WorkingDir { get; init; }

    [MergeKey("name")]
    public IReadOnlyList<EnvVar> Env { get; init => field = value ?? []; } = [];

    /// <summary>ConfigMaps and Secrets that become variables; <see cref="Env"/> wins over them, and a later one over an earlier.</summary>
    public IReadOnlyList<EnvFromSource> EnvFrom { get; init => field = value ?? []; } = [];

    [MergeKey("containerPort")]
    public IReadOnlyList<ContainerPort> Ports { get; init => field = value ?? []; } = [];

    public ResourceRequirements Resources { get; init => field = value ?? new(); } = new();

    [MergeKey("mountPath")]
    public IReadOnlyList<VolumeMount> VolumeMounts { get; init => field = value ?? []; } = [];

    /// <summary>Holds the other probes back until it has succeeded once.</summary>
    public Probe? StartupProbe { get; init; }

    /// <summary>Decides whether the pod gets traffic.</summary>
    public Probe? ReadinessProbe { get; init; }

    /// <summary>Restarts the container when it fails.</summary>
    public Probe? LivenessProbe { get; init; }

    /// <summary>What is done right after the start and before the end.</summary>
    public Lifecycle? Lifecycle { get; init; }

    /// <summary>Only for an init container, and only Always: it is a sidecar then, which runs beside all that follow.</summary>
    public RestartPolicy? RestartPolicy { get; init; }

    /// <summary>The file in the container whose content becomes the message of its end; <see cref="DefaultMessagePath"/> when null.</summary>
    public string? TerminationMessagePath { get; init; }

    /// <summary>File when null.</summary>
    public TerminationMessagePolicy? TerminationMessagePolicy { get; init; }

    public SecurityContext? SecurityContext { get; init; }

    /// <summary>True for an init container that stays. Source: KEP-753.</summary>
    public bool IsSidecar() => RestartPolicy == Pods.RestartPolicy.Always;
}

/// <summary>Where the message of a container's end comes from.</summary>
public enum TerminationMessagePolicy
{
    File,

    /// <summary>The end of its log, when the file is empty and it failed.</summary>
    FallbackToLogsOnError,
}

public enum ImagePullPolicy
{
    IfNotPresent,
    Always,
    Never,
}

public sealed record EnvVar
{
    public required string Name { get; init; }

    public string Value { get; init => field = value ?? ""; } = "";

    /// <summary>Where the value comes from instead.</summary>
    public EnvVarSource? ValueFrom { get; init; }
}

public sealed record ContainerPort
{
    public string? Name { get; init; }

    [JsonPropertyName("containerPort")]
    public required int Port { get; init; }

    public int? HostPort { get; init; }

    public string? HostIP { get; init; }

    [Default("\"TCP\"")]
    public PortProtocol Protocol { get; init; }
}

public enum PortProtocol
{
    TCP,
    UDP,
    SCTP,
}

/// <summary>What a container reserves (requests, used by the scheduler) and may use at most (limits, held by its cgroup).</summary>
[KnownUpstream("claims")]
public sealed record ResourceRequirements
{
    public IReadOnlyDictionary<string, Quantity> Requests { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    public IReadOnlyDictionary<string, Quantity> Limits { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    /// <summary>What is reserved of a resource: the request, or the limit when there is no request.</summary>
    public Quantity RequestOf(string resource) => Requests.TryGetValue(resource, out var request) ? request : Limits.GetValueOrDefault(resource);
}

public static class ResourceNames
{
    /// <summary>Processor time, in cores.</summary>
    public const string Cpu = "cpu";

    /// <summary>Memory, in bytes.</summary>
    public const string Memory = "memory";

    /// <summary>Number of pods a node takes.</summary>
    public const string Pods = "pods";

    /// <summary>Space on the node's own disk, in bytes.</summary>
    public const string EphemeralStorage = "ephemeral-storage";

    /// <summary>Space of a volume that outlives pods, in bytes.</summary>
    public const string Storage = "storage";

    /// <summary>Whole devices.</summary>
    public const string Gpu = "nvidia.com/gpu";

    /// <summary>A share of one device, in thousandths.</summary>
    public const string GpuMilli = "nvidia.com/gpu-milli";

    internal static readonly IReadOnlyDictionary<string, Quantity> None = System.Collections.Frozen.FrozenDictionary<string, Quantity>.Empty;
}

/// <summary>Security settings of one container; they win over the pod's.</summary>
[KnownUpstream("appArmorProfile", "procMount", "seLinuxOptions", "windowsOptions")]
public sealed record SecurityContext
{
    public long? RunAsUser { get; init; }

    public long? RunAsGroup { get; init; }

    public bool? RunAsNonRoot { get; init; }

    public bool? Privileged { get; init; }

    public bool? AllowPrivilegeEscalation { get; init; }

    public bool? ReadOnlyRootFilesystem { get; init; }

    public Capabilities? Capabilities { get; init; }

    public SeccompProfile? SeccompProfile { get; init; }
}

/// <summary>Which system calls are let through.</summary>
public sealed record SeccompProfile
{
    public required SeccompProfileType Type { get; init; }

    /// <summary>For Localhost: a file below the directory seccomp of the agent's data.</summary>
    public string? LocalhostProfile { get; init; }
}

public enum SeccompProfileType
{
    /// <summary>What every container has that says nothing.</summary>
    RuntimeDefault,
    Unconfined,
    Localhost,
}

/// <summary>Changes to the default set of capabilities; names without CAP_, or ALL.</summary>
public sealed record Capabilities
{
    public IReadOnlyList<string> Add { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Drop { get; init => field = value ?? []; } = [];
}
