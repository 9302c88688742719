using System.Text.Json.Serialization;
using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>A directory that containers of a pod may mount; exactly one source is set.</summary>
[KnownUpstream("awsElasticBlockStore", "azureDisk", "azureFile", "cephfs", "cinder", "csi", "ephemeral", "fc", "flexVolume", "flocker",
    "gcePersistentDisk", "gitRepo", "glusterfs", "image", "iscsi", "nfs", "photonPersistentDisk", "portworxVolume",
    "quobyte", "rbd", "scaleIO", "storageos", "vsphereVolume")]
public sealed record Volume
{
    public required string Name { get; init; }

    public EmptyDirVolume? EmptyDir { get; init; }

    public HostPathVolume? HostPath { get; init; }

    public ConfigMapVolume? ConfigMap { get; init; }

    public SecretVolume? Secret { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiVolume? DownwardApi { get; init; }

    public ProjectedVolume? Projected { get; init; }

    public ClaimVolume? PersistentVolumeClaim { get; init; }
}

/// <summary>An empty directory that lives as long as the pod.</summary>
public sealed record EmptyDirVolume
{
    /// <summary>Empty for the node's disk, <c>Memory</c> for a tmpfs.</summary>
    public string? Medium { get; init; }

    public Quantity? SizeLimit { get; init; }
}

/// <summary>The directory of a claim.</summary>
public sealed record ClaimVolume
{
    public required string ClaimName { get; init; }

    public bool ReadOnly { get; init; }
}

/// <summary>A path of the node.</summary>
public sealed record HostPathVolume
{
    public required string Path { get; init; }

    /// <summary>What must be there: empty for no check, or Directory, DirectoryOrCreate, File, FileOrCreate, Socket.</summary>
    public string? Type { get; init; }
}

[KnownUpstream("mountPropagation", "recursiveReadOnly", "subPathExpr")]
public sealed record VolumeMount
{
    public required string Name { get; init; }

    public required string MountPath { get; init; }

    public bool ReadOnly { get; init; }

    /// <summary>A file or directory inside the volume to mount instead of all of it.</summary>
    public string? SubPath { get; init; }
}
