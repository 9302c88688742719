using System.Text.Json.Serialization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Storage;

/// <summary>
/// What becomes of the volumes of claims that name it. All classes are provisioned alike, as directories of the first pod's node. Source: Kubernetes storage.k8s.io/v1 StorageClass.
/// </summary>
[KnownUpstream("allowVolumeExpansion", "allowedTopologies", "mountOptions", "parameters")]
public sealed record StorageClass() : Resource("storage.k8s.io/v1", KindName)
{
    public const string KindName = "StorageClass";

    /// <summary>Who makes the volumes, by its own word; always the node here.</summary>
    [JsonPropertyOrder(1)]
    public required string Provisioner { get; init; }

    /// <summary>Given to the volumes when they are made; later changes are for later volumes.</summary>
    [JsonPropertyOrder(2)]
    [Default("\"Delete\"")]
    public ReclaimPolicy ReclaimPolicy { get; init; } = ReclaimPolicy.Delete;

    /// <summary>Always WaitForFirstConsumer here: only then is it known on which node a directory is needed.</summary>
    [JsonPropertyOrder(3)]
    [Default("\"WaitForFirstConsumer\"")]
    public VolumeBindingMode VolumeBindingMode { get; init; } = VolumeBindingMode.WaitForFirstConsumer;

    public override bool SameSpecAs(Resource other) =>
        other is StorageClass same && Provisioner == same.Provisioner && ReclaimPolicy == same.ReclaimPolicy && VolumeBindingMode == same.VolumeBindingMode;
}

public enum VolumeBindingMode
{
    Immediate,
    WaitForFirstConsumer,
}
