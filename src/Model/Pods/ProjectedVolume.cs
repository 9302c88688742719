using System.Text.Json.Serialization;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Pods;

/// <summary>The content of a ConfigMap as files that follow its changes.</summary>
public sealed record ConfigMapVolume
{
    public required string Name { get; init; }

    /// <summary>Only these keys, at these paths; all keys by their own names when empty.</summary>
    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    /// <summary>Mode of the files, in decimal in JSON: 420 is 0644.</summary>
    [Default("420")]
    public int DefaultMode { get; init; } = FileModes.Readable;

    /// <summary>True lets the pod start when the ConfigMap or a key is missing.</summary>
    public bool Optional { get; init; }
}

/// <summary>The content of a Secret as files in memory that follow its changes.</summary>
public sealed record SecretVolume
{
    public required string SecretName { get; init; }

    /// <summary>Only these keys, at these paths; all keys by their own names when empty.</summary>
    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    /// <summary>Mode of the files, in decimal in JSON: 420 is 0644.</summary>
    [Default("420")]
    public int DefaultMode { get; init; } = FileModes.Readable;

    /// <summary>True lets the pod start when the Secret or a key is missing.</summary>
    public bool Optional { get; init; }
}

/// <summary>What the pod may know about itself, as files.</summary>
public sealed record DownwardApiVolume
{
    public IReadOnlyList<DownwardApiFile> Items { get; init => field = value ?? []; } = [];

    /// <summary>Mode of the files, in decimal in JSON: 420 is 0644.</summary>
    [Default("420")]
    public int DefaultMode { get; init; } = FileModes.Readable;
}

/// <summary>Several sources in one directory.</summary>
public sealed record ProjectedVolume
{
    public IReadOnlyList<VolumeProjection> Sources { get; init => field = value ?? []; } = [];

    /// <summary>Mode of the files, in decimal in JSON: 420 is 0644.</summary>
    [Default("420")]
    public int DefaultMode { get; init; } = FileModes.Readable;
}

/// <summary>One source of a projected volume; exactly one is set.</summary>
[KnownUpstream("clusterTrustBundle", "serviceAccountToken")]
public sealed record VolumeProjection
{
    public ContentProjection? ConfigMap { get; init; }

    public ContentProjection? Secret { get; init; }

    [JsonPropertyName("downwardAPI")]
    public DownwardApiProjection? DownwardApi { get; init; }
}

public sealed record ContentProjection
{
    public required string Name { get; init; }

    public IReadOnlyList<KeyToPath> Items { get; init => field = value ?? []; } = [];

    public bool Optional { get; init; }
}

public sealed record DownwardApiProjection
{
    public IReadOnlyList<DownwardApiFile> Items { get; init => field = value ?? []; } = [];
}

/// <summary>The content of a key at a path inside the volume.</summary>
public sealed record KeyToPath
{
    public required string Key { get; init; }

    public required string Path { get; init; }

    /// <summary>Mode of this file; the volume's when null.</summary>
    public int? Mode { get; init; }
}

/// <summary>A field of the pod, or a resource of one of its containers, at a path inside the volume.</summary>
public sealed record DownwardApiFile
{
    public required string Path { get; init; }

    public ObjectFieldSelector? FieldRef { get; init; }

    public ResourceFieldSelector? ResourceFieldRef { get; init; }

    /// <summary>Mode of this file; the volume's when null.</summary>
    public int? Mode { get; init; }
}

public static class FileModes
{
    /// <summary>0644: readable by everyone, writable by the owner.</summary>
    public const int Readable = 0x1A4;

    /// <summary>0777: the most that a mode may be.</summary>
    public const int Most = 0x1FF;
}
