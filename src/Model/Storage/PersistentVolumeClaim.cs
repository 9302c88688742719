using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Storage;

/// <summary>
/// A directory that outlives pods. It comes to stand on the node of the first pod that uses it, and pods follow it there from then on. Source: Kubernetes core/v1 PersistentVolumeClaim.
/// </summary>
public sealed record PersistentVolumeClaim() : Resource<PersistentVolumeClaimSpec, PersistentVolumeClaimStatus>("v1", KindName)
{
    public const string KindName = "PersistentVolumeClaim";

    /// <summary>On a claim that is bound: its node.</summary>
    public const string NodeAnnotation = "volume.kubernetes.io/selected-node";

    /// <summary>Whether it was asked to go, and waits for the pods that use it.</summary>
    public bool IsBeingDeleted() => Metadata.DeletionTimestamp is not null;

    /// <summary>Whether a pod on a node uses it. Source: Kubernetes, "Storage Object in Use Protection".</summary>
    public bool IsInUse(State.ClusterState state) =>
        state.In<Pod>(Pod.KindName, Namespace).Any(pod => pod.Spec.NodeName is not null && !pod.IsTerminal() && pod.Spec.Claims(pod.Namespace).Contains(Key));

    /// <summary>The node that its volume is on; null as long as no pod has used it.</summary>
    public string? NodeName() => Spec.VolumeName is null ? null : Metadata.Annotations.GetValueOrDefault(NodeAnnotation);
}

[KnownUpstream("dataSource", "dataSourceRef", "selector", "volumeAttributesClassName", "volumeMode")]
public sealed record PersistentVolumeClaimSpec
{
    public IReadOnlyList<AccessMode> AccessModes { get; init => field = value ?? []; } = [];

    public VolumeResources Resources { get; init => field = value ?? new(); } = new();

    /// <summary>The StorageClass that says what becomes of its volume; one that is not there means that it is retained.</summary>
    public string? StorageClassName { get; init; }

    /// <summary>Its volume, once it has one.</summary>
    [SystemWritten]
    public string? VolumeName { get; init; }
}

/// <summary>How much is asked for. It is kept for the record: a directory of a node has no limit of its own.</summary>
[KnownUpstream("limits")]
public sealed record VolumeResources
{
    public IReadOnlyDictionary<string, Quantity> Requests { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;
}

public enum AccessMode
{
    ReadWriteOnce,
    ReadOnlyMany,
    ReadWriteMany,
    ReadWriteOncePod,
}

public sealed record PersistentVolumeClaimStatus
{
    public ClaimPhase Phase { get; init; }

    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;
}

public enum ClaimPhase
{
    /// <summary>No pod has used it yet.</summary>
    Pending,
    Bound,

    /// <summary>Its volume was deleted.</summary>
    Lost,
}
