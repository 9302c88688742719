using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Workloads;

/// <summary>Keeps a number of equal pods. Source: Kubernetes apps/v1 ReplicaSet.</summary>
public sealed record ReplicaSet() : Resource<ReplicaSetSpec, ReplicaSetStatus>("apps/v1", KindName)
{
    public const string KindName = "ReplicaSet";
}

public sealed record ReplicaSetSpec
{
    [Default("1")]
    public int? Replicas { get; init; }

    /// <summary>Seconds a pod must be ready before it counts as available.</summary>
    public int MinReadySeconds { get; init; }

    [Immutable]
    public LabelSelector Selector { get; init => field = value ?? new(); } = new();

    public PodTemplate Template { get; init => field = value ?? new(); } = new();
}

public sealed record ReplicaSetStatus
{
    public int Replicas { get; init; }

    public int ReadyReplicas { get; init; }

    public int AvailableReplicas { get; init; }

    public long? ObservedGeneration { get; init; }

    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}

public static class ReplicaSetConditions
{
    /// <summary>True while pods of the set may not be created or deleted, with the reason.</summary>
    public const string ReplicaFailure = "ReplicaFailure";
}
