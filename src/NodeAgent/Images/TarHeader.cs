namespace Orchestrator.NodeAgent.Images;

/// <summary>The kinds of tar entry a layer may hold. Every other kind is refused while reading.</summary>
enum TarKind
{
    File,
    HardLink,
    SymbolicLink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// <summary>
/// One entry of a tar archive as its headers say, extension records already applied. Its content follows in the stream.
/// </summary>
sealed record TarHeader(TarKind Kind, string Path, string LinkTarget, uint Mode, uint Uid, uint Gid, long SizeBytes)
{
    public double ModifiedSeconds { get; init; }
    public uint DeviceMajor { get; init; }
    public uint DeviceMinor { get; init; }

    /// <summary>Extended attributes (SCHILY.xattr records), name to bytes.</summary>
    public IReadOnlyDictionary<string, byte[]> Xattrs { get; init; } = System.Collections.Frozen.FrozenDictionary<string, byte[]>.Empty;
}
