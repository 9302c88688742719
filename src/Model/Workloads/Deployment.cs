using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Workloads;

/// <summary>Keeps a number of equal pods and replaces them step by step when their template changes. Source: Kubernetes apps/v1 Deployment.</summary>
public sealed record Deployment() : Resource<DeploymentSpec, DeploymentStatus>("apps/v1", KindName)
{
    public const string KindName = "Deployment";
}

public sealed record DeploymentSpec
{
    [Default("1")]
    public int? Replicas { get; init; }

    [Immutable]
    public LabelSelector Selector { get; init => field = value ?? new(); } = new();

    public PodTemplate Template { get; init => field = value ?? new(); } = new();

    public DeploymentStrategy Strategy { get; init => field = value ?? new(); } = new();

    /// <summary>Seconds a pod must be ready before it counts as available.</summary>
    public int MinReadySeconds { get; init; }

    /// <summary>How many old ReplicaSets are kept.</summary>
    [Default("10")]
    public int? RevisionHistoryLimit { get; init; }

    /// <summary>True while changes of the template wait; the number of replicas is followed all the same.</summary>
    public bool Paused { get; init; }

    /// <summary>Seconds without progress after which a rollout counts as failed.</summary>
    [Default("600")]
    public int? ProgressDeadlineSeconds { get; init; }
}

public sealed record DeploymentStrategy
{
    [Default("\"RollingUpdate\"")]
    public DeploymentStrategyType Type { get; init; }

    public RollingUpdate? RollingUpdate { get; init; }
}

public enum DeploymentStrategyType
{
    RollingUpdate,
    Recreate,
}

public sealed record RollingUpdate
{
    /// <summary>How many pods may be missing during a rollout, as a count or a percentage (rounded down).</summary>
    [Default("\"25%\"")]
    public IntOrString? MaxUnavailable { get; init; }

    /// <summary>How many pods there may be above the wanted number, as a count or a percentage (rounded up).</summary>
    [Default("\"25%\"")]
    public IntOrString? MaxSurge { get; init; }
}

public sealed record DeploymentStatus
{
    public int Replicas { get; init; }

    /// <summary>Pods of the newest template.</summary>
    public int UpdatedReplicas { get; init; }

    public int ReadyReplicas { get; init; }

    public int AvailableReplicas { get; init; }

    public int UnavailableReplicas { get; init; }

    public long? ObservedGeneration { get; init; }

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
