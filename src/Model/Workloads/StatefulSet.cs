using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Workloads;

/// <summary>Keeps pods with names that stay: NAME-0, NAME-1 and so on, of each at most one at any time. Source: Kubernetes apps/v1 StatefulSet.</summary>
public sealed record StatefulSet() : Resource<StatefulSetSpec, StatefulSetStatus>("apps/v1", KindName)
{
    public const string KindName = "StatefulSet";

    /// <summary>On a pod: its name, so that a service can choose a single one.</summary>
    public const string PodNameLabel = "statefulset.kubernetes.io/pod-name";

    /// <summary>On a pod: its number.</summary>
    public const string PodIndexLabel = "apps.kubernetes.io/pod-index";
}

[KnownUpstream("persistentVolumeClaimRetentionPolicy")]
public sealed record StatefulSetSpec
{
    [Default("1")]
    public int? Replicas { get; init; }

    [Immutable]
    public LabelSelector Selector { get; init => field = value ?? new(); } = new();

    public PodTemplate Template { get; init => field = value ?? new(); } = new();

    /// <summary>The service that gives the pods their names in DNS.</summary>
    [Immutable]
    public string? ServiceName { get; init; }

    [Default("\"OrderedReady\"")]
    [Immutable]
    public PodManagementPolicy PodManagementPolicy { get; init; }

    public StatefulSetUpdateStrategy UpdateStrategy { get; init => field = value ?? new(); } = new();

    /// <summary>Seconds a pod must be ready before it counts as available.</summary>
    public int MinReadySeconds { get; init; }

    /// <summary>How many old templates are kept.</summary>
    [Default("10")]
    public int? RevisionHistoryLimit { get; init; }

    public StatefulSetOrdinals? Ordinals { get; init; }

    /// <summary>Claims that each pod has of its own, as volumes of their names. They stay when pods go.</summary>
    [Immutable]
    public IReadOnlyList<ClaimTemplate> VolumeClaimTemplates { get; init => field = value ?? []; } = [];
}

/// <summary>What a StatefulSet makes claims from.</summary>
[KnownUpstream("apiVersion", "kind", "status")]
public sealed record ClaimTemplate
{
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    public PersistentVolumeClaimSpec Spec { get; init => field = value ?? new(); } = new();
}

public enum PodManagementPolicy
{
    /// <summary>One after the other: each waits until all before it are ready, and the last goes first.</summary>
    OrderedReady,

    /// <summary>All at once.</summary>
    Parallel,
}

public sealed record StatefulSetOrdinals
{
    /// <summary>The number of the first pod.</summary>
    public int Start { get; init; }
}

public sealed record StatefulSetUpdateStrategy
{
    [Default("\"RollingUpdate\"")]
    public UpdateStrategyType Type { get; init; }

    public StatefulSetRollingUpdate? RollingUpdate { get; init; }
}

[KnownUpstream("maxUnavailable")]
public sealed record StatefulSetRollingUpdate
{
    /// <summary>Pods with a lower number keep the old template.</summary>
    public int Partition { get; init; }
}

public sealed record StatefulSetStatus
{
    public int Replicas { get; init; }

    public int ReadyReplicas { get; init; }

    public int AvailableReplicas { get; init; }

    /// <summary>Pods of the current revision.</summary>
    public int CurrentReplicas { get; init; }

    /// <summary>Pods of the update revision.</summary>
    public int UpdatedReplicas { get; init; }

    /// <summary>The revision that pods below the partition have; the update revision's name when a rollout is complete.</summary>
    public string? CurrentRevision { get; init; }

    /// <summary>The revision of the present template.</summary>
    public string? UpdateRevision { get; init; }

    public long? ObservedGeneration { get; init; }

    [MergeKey("type")]
    public IReadOnlyList<Condition> Conditions { get; init => field = value ?? []; } = [];
}
