namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// What an image may cost this machine before it is refused. All limits of the image room, in one place.
/// </summary>
public sealed record ImageLimits
{
    /// <summary>Bytes of a manifest or index; the distribution specification asks clients to take 4 MiB.</summary>
    public int ManifestBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of an image configuration: history and labels of the largest known images stay below 1 MiB.</summary>
    public int ConfigBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Compressed bytes of one layer.</summary>
    public long LayerBytes { get; init; } = 16L << 30;

    /// <summary>Unpacked bytes of one layer.</summary>
    public long UnpackedBytes { get; init; } = 32L << 30;

    /// <summary>Unpacked bytes a layer may have before its ratio is judged: small layers of zeros are no attack.</summary>
    public long RatioFreeBytes { get; init; } = 256L << 20;

    /// <summary>Unpacked bytes for one compressed byte. gzip ends at about 1,030, zstd far above it.</summary>
    public int Ratio { get; init; } = 200;

    /// <summary>Entries of one layer: inodes are finite too.</summary>
    public int Entries { get; init; } = 2_000_000;

    /// <summary>Layers of one image: the names of this many still fit into the one page of options mount(2) takes.</summary>
    public int Layers { get; init; } = 110;

    /// <summary>Nested indexes followed from a name to its manifest.</summary>
    public int IndexDepth { get; init; } = 3;

    /// <summary>Time a registry has for its answer's headers.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time without a single byte after which a transfer is given up.</summary>
    public TimeSpan StallTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Tries of one transfer: a connection cut midway is common.</summary>
    public int Tries { get; init; } = 3;
}
