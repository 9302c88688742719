using System.Buffers.Binary;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Says, beside the log, that its entries after an index are being written over. The library first writes the new ones in place and then where the log
/// ends; killed in between, it would find new entries and then old ones behind them, and take all of them for its log. With the mark it finds
/// the log that ends before both: none of the new ones was acknowledged, and the old ones were never committed.
/// </summary>
sealed class TruncationMark(string log)
{
    // DotNext.Net.Cluster 6.12.0: version, last committed index, last index.
    const int CheckpointBytes = 20, LastIndexAt = 12;

    readonly string _path = Path.Combine(log, "truncated");

    bool _set;

    /// <summary>Sets the mark, durably. One that stands and is lower stays.</summary>
    /// <param name="lastIndex">The last entry that stays.</param>
    /// <exception cref="IOException">The disk does not take it: nothing may be written over.</exception>
    public void Set(long lastIndex)
    {
        if (_set && Read() <= lastIndex) return;
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, lastIndex);
        WriteThrough(_path, bytes, at: 0);
        DirectoryFlush.Flush(log);
        _set = true;
    }

    /// <summary>Takes the mark away, durably: what was written over is flushed, and so is where the log ends.</summary>
    public void Clear()
    {
        if (!_set) return;
        File.Delete(_path);
        DirectoryFlush.Flush(log);
        _set = false;
    }

    /// <summary>Ends the log where a mark says. Before the log is opened.</summary>
    public void Mend()
    {
        if (!File.Exists(_path)) return;
        var checkpoint = Path.Combine(log, "checkpoint");
        if (Read() is { } lastIndex && File.Exists(checkpoint) && File.ReadAllBytes(checkpoint) is { Length: >= CheckpointBytes } found
            && BinaryPrimitives.ReadInt64LittleEndian(found.AsSpan(LastIndexAt)) > lastIndex)
        {
            var bytes = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, lastIndex);
            WriteThrough(checkpoint, bytes, LastIndexAt);
        }

        _set = true;
        Clear();
    }

    static void WriteThrough(string path, byte[] bytes, long at)
    {
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, options: FileOptions.WriteThrough);
        RandomAccess.Write(file, bytes, at);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Null when the mark was not whole, so that nothing was written over yet.</summary>
    long? Read() => File.ReadAllBytes(_path) is { Length: sizeof(long) } bytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : null;
}
