using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Storage;

/// <summary>The directory of a claim on its node. The cluster makes it; its policy says what becomes of the directory when its claim is deleted. Source: Kubernetes core/v1 PersistentVolume.</summary>
public sealed record PersistentVolume() : Resource<PersistentVolumeSpec, PersistentVolumeStatus>("v1", KindName)
{
    public const string KindName = "PersistentVolume";
}

public sealed record PersistentVolumeSpec
{
    public IReadOnlyDictionary<string, Quantity> Capacity { get; init => field = value ?? ResourceNames.None; } = ResourceNames.None;

    public IReadOnlyList<AccessMode> AccessModes { get; init => field = value ?? []; } = [];

    public ReclaimPolicy PersistentVolumeReclaimPolicy { get; init; }

    public string? StorageClassName { get; init; }

    public ClaimReference? ClaimRef { get; init; }

    /// <summary>Where it is.</summary>
    public VolumeNodeAffinity? NodeAffinity { get; init; }
}

public enum ReclaimPolicy
{
    /// <summary>The directory stays when the claim goes.</summary>
    Retain,

    /// <summary>The directory goes with all that is in it, and the volume after it.</summary>
    Delete,
}

public sealed record ClaimReference
{
    public required string Namespace { get; init; }

    public required string Name { get; init; }

    public required string Uid { get; init; }

    [JsonIgnore]
    public ResourceKey Key => new(PersistentVolumeClaim.KindName, Namespace, Name);
}

public sealed record VolumeNodeAffinity
{
    public NodeSelector? Required { get; init; }
}

public sealed record PersistentVolumeStatus
{
    public VolumePhase Phase { get; init; }
}

public enum VolumePhase
{
    Bound,

    /// <summary>Its claim is gone; what is in it is not, or not yet.</summary>
    Released,
}
