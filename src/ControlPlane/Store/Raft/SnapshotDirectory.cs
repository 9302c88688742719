using System.Globalization;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The snapshots of one member on disk. A file gets its final name only when it is whole, verified and durable.
/// </summary>
sealed class SnapshotDirectory
{
    const string Prefix = "snapshot-";
    const string Unfinished = "unfinished-";

    readonly string _path;
    readonly Lock _publishing = new();

    RaftSnapshot? _latest;
    long _unfinished;

    /// <exception cref="CorruptSnapshotException">The latest snapshot is damaged.</exception>
    public SnapshotDirectory(string path)
    {
        _path = Directory.CreateDirectory(path).FullName;
        foreach (var left in Directory.EnumerateFiles(_path, Unfinished + "*"))
        {
            File.Delete(left);
        }

        // An older whole one is no way out of a damaged one: the log between the two is gone already.
        if (IndexesOnDisk().Order().LastOrDefault() is var index and > 0)
        {
            var (found, term, bytes) = SnapshotFile.Verify(NameOf(index));
            if (found != index)
            {
                throw new CorruptSnapshotException(NameOf(index), $"it was taken at index {found}");
            }

            _latest = new RaftSnapshot(NameOf(index), index, term, bytes);
        }
    }

    public RaftSnapshot? Latest => Volatile.Read(ref _latest);

    /// <summary>A name for a file being written, which no reader looks for.</summary>
    public string NewFile() => Path.Combine(_path, Unfinished + Interlocked.Increment(ref _unfinished).ToString(CultureInfo.InvariantCulture));

    /// <summary>
    /// Verifies a written file, flushes it and gives it its name. Drops it if a later one was published meanwhile.
    /// </summary>
    /// <exception cref="CorruptSnapshotException">It is torn, or not the one that was expected.</exception>
    public void Publish(string file, long expectedIndex)
    {
        try
        {
            var (index, term, bytes) = SnapshotFile.Verify(file);
            if (index != expectedIndex)
            {
                throw new CorruptSnapshotException(file, $"it was taken at index {index}, not {expectedIndex}");
            }

            using (var written = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite))
            {
                RandomAccess.FlushToDisk(written);
            }

            lock (_publishing)
            {
                if (_latest is { } latest && latest.Index >= index)
                {
                    return;
                }

                Failpoints.Reach(Failpoint.SnapshotPublishing);
                File.Move(file, NameOf(index), overwrite: true);
                Failpoints.Reach(Failpoint.SnapshotPublished);
                DirectoryFlush.Flush(_path);
                Volatile.Write(ref _latest, new RaftSnapshot(NameOf(index), index, term, bytes));
            }
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Deletes snapshots that are older than <paramref name="index"/>.</summary>
    public void DeleteBefore(long index)
    {
        foreach (var older in IndexesOnDisk().Where(each => each < index).ToArray())
        {
            File.Delete(NameOf(older));
        }
    }

    string NameOf(long index) => Path.Combine(_path, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{index:D20}"));

    IEnumerable<long> IndexesOnDisk() =>
        from file in Directory.EnumerateFiles(_path, Prefix + "*")
        select long.Parse(Path.GetFileName(file).AsSpan(Prefix.Length), CultureInfo.InvariantCulture);
}
