using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Workloads;

/// <summary>Keeps one pod on every node that fits. Source: Kubernetes apps/v1 DaemonSet.</summary>
public sealed record DaemonSet() : Resource<DaemonSetSpec, DaemonSetStatus>("apps/v1", KindName)
{
    public const string KindName = "DaemonSet";
}

public sealed record DaemonSetSpec
{
    [Immutable]
    public LabelSelector Selector { get; init => field = value ?? new(); } = new();

    public PodTemplate Template { get; init => field = value ?? new(); } = new();

    public DaemonSetUpdateStrategy UpdateStrategy { get; init => field = value ?? new(); } = new();

    /// <summary>Seconds a pod must be ready before it counts as available.</summary>
    public int MinReadySeconds { get; init; }

    /// <summary>How many old templates are kept.</summary>
    [Default("10")]
    public int? RevisionHistoryLimit { get; init; }
}

public sealed record DaemonSetUpdateStrategy
{
    [Default("\"RollingUpdate\"")]
    public UpdateStrategyType Type { get; init; }

    public DaemonSetRollingUpdate? RollingUpdate { get; init; }
}

public enum UpdateStrategyType
{
    RollingUpdate,

    /// <summary>A pod gets the new template only when somebody deletes it.</summary>
    OnDelete,
}

public sealed record DaemonSetRollingUpdate
{
    /// <summary>How many nodes may be without their pod during a rollout, as a count or a percentage (rounded up).</summary>
    [Default("1")]
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>How many nodes may have two pods, the new beside the old, as a count or a percentage (rounded up).</summary>
    [Default("0")]
    public IntOrString? MaxSurge { get; init; }
}

public sealed record DaemonSetStatus
{
    /// <summary>Nodes that should have a pod and have one.</summary>
    public int CurrentNumberScheduled { get; init; }

    /// <summary>Nodes that should have a pod.</summary>
    public int DesiredNumberScheduled { get; init; }

    /// <summary>Nodes that have a pod and should have none.</summary>
    public int NumberMisscheduled { get; init; }

    public int NumberReady { get; init; }

    public int UpdatedNumberScheduled { get; init; }

    public int NumberAvailable { get; init; }

    public int NumberUnavailable { get; init; }

    public long? ObservedGeneration { get; init; }

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
