using Orchestrator.ControlPlane.Store.Raft;

namespace Orchestrator.ControlPlane.Store;

/// <summary>Backups, in the format of snapshots; and figures for whoever looks after a server.</summary>
public sealed partial class ClusterStore
{
    /// <summary>What this server's log and disk say.</summary>
    public StoreFigures Figures => new(
        _log.Term, _log.AppliedIndex, (_log as RaftStateLog)?.SnapshotIndex ?? 0,
        Directory.Exists(_options.DataDirectory) ? BytesIn(_options.DataDirectory) : 0);

    /// <summary>Where this server speaks Raft.</summary>
    public System.Net.IPEndPoint Self => _log.Self;

    /// <summary>Writes down a state with every write acknowledged before the call, while entries go on being applied.</summary>
    /// <exception cref="NoLeaderException">No leader confirmed the read in time.</exception>
    /// <exception cref="IOException">The disk is full or fails.</exception>
    public async Task<Backup> BackupAsync(CancellationToken token)
    {
        await ReadAsync(token);
        var index = _log.AppliedIndex;
        var (state, kept) = _cluster.Frozen();
        var path = Path.Combine(Directory.CreateDirectory(_options.DataDirectory).FullName, $"backup-{Guid.NewGuid():N}");
        try
        {
            await Task.Run(() => SnapshotFile.Write(path, index, term: 0, stream => StateSnapshot.Write(stream, state, kept)), token);
            return new Backup(state.Revision, state.Count, new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1, FileOptions.DeleteOnClose));
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    static long BytesIn(string directory)
    {
        try
        {
            return new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        }
        catch (IOException)
        {
            return 0; // a file went while it was counted
        }
    }
}

/// <param name="DataBytes">What is on this server's disk: log and snapshots.</param>
public sealed record StoreFigures(long Term, long AppliedIndex, long SnapshotIndex, long DataBytes);

/// <param name="Content">The file; it goes when this is disposed of.</param>
public sealed record Backup(long Revision, int Objects, Stream Content) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Content.Dispose();
}
