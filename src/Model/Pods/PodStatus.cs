using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Pods;

/// <summary>What is observed of a pod: the scheduler writes PodScheduled, the node's agent the rest. Source: Kubernetes core/v1 PodStatus.</summary>
public sealed record PodStatus
{
    public PodPhase Phase { get; init; }

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];

    /// <summary>One word why the pod is in this phase, such as NodeLost.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary>The node on which room is made for this pod by preemption.</summary>
    public string? NominatedNodeName { get; init; }

    [JsonPropertyName("hostIP")]
    public string? HostIp { get; init; }

    [JsonPropertyName("podIP")]
    public string? PodIp { get; init; }

    /// <summary>Who goes first when the node is short.</summary>
    public QosClass? QosClass { get; init; }

    /// <summary>When the node's agent took the pod on.</summary>
    public DateTimeOffset? StartTime { get; init; }

    public IReadOnlyList<ContainerStatus> InitContainerStatuses { get; init => field = value ?? []; } = [];

    public IReadOnlyList<ContainerStatus> ContainerStatuses { get; init => field = value ?? []; } = [];
}

/// <summary>The life of a pod in one word; it only rises, and ends in one of the last two.</summary>
public enum PodPhase
{
    Pending,
    Running,
    Succeeded,
    Failed,
}

/// <summary>The types of a pod's conditions.</summary>
public static class PodConditions
{
    public const string PodScheduled = "PodScheduled";
    public const string Initialized = "Initialized";
    public const string ContainersReady = "ContainersReady";
    public const string Ready = "Ready";
}

public sealed record ContainerStatus
{
    public required string Name { get; init; }

    public ContainerState State { get; init => field = value ?? new(); } = new();

    /// <summary>How the previous run of this container ended, if there was one.</summary>
    public ContainerState LastState { get; init => field = value ?? new(); } = new();

    public bool Ready { get; init; }

    /// <summary>True once the startup probe, if any, has succeeded.</summary>
    public bool? Started { get; init; }

    public int RestartCount { get; init; }

    public string? Image { get; init; }

    /// <summary>The image's digest.</summary>
    [JsonPropertyName("imageID")]
    public string? ImageId { get; init; }

    [JsonPropertyName("containerID")]
    public string? ContainerId { get; init; }
}

/// <summary>Exactly one of the three is set; none means waiting without a reason yet.</summary>
public sealed record ContainerState
{
    public WaitingState? Waiting { get; init; }

    public RunningState? Running { get; init; }

    public TerminatedState? Terminated { get; init; }
}

public sealed record WaitingState
{
    /// <summary>One word: ContainerCreating, ErrImagePull, ImagePullBackOff, CrashLoopBackOff.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }
}

public sealed record RunningState
{
    public DateTimeOffset? StartedAt { get; init; }
}

public sealed record TerminatedState
{
    /// <summary>The exit status; 128 plus the signal when a signal ended it.</summary>
    public int ExitCode { get; init; }

    public int? Signal { get; init; }

    /// <summary>One word: Completed, Error, OOMKilled, ContainerStatusUnknown.</summary>
    public string? Reason { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }
}
