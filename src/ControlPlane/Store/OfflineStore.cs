using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>What is done to the data of servers that don't run: making them from a backup, and looking at what one of them has.</summary>
public static class OfflineStore
{
    /// <summary>
    /// How far the revision jumps: more than a lost cluster can have gone on beyond its backup. Watchers and writers that
    /// remember its revisions are told that they are too old, and never see time go backwards.
    /// </summary>
    public const long RevisionBump = 1_000_000_000;

    /// <summary>What is in a backup, after every byte of it was checked.</summary>
    /// <exception cref="CorruptSnapshotException">It is not what was written.</exception>
    public static StoreContent Inspect(string backup)
    {
        var (index, term, _) = SnapshotFile.Verify(backup);
        return new StoreContent(index, term, []) { State = Load(backup) };
    }

    /// <summary>Makes the data directory of one server of a new cluster from a backup. All servers are made from the same one.</summary>
    /// <exception cref="CorruptSnapshotException">The backup is not what was written.</exception>
    /// <exception cref="IOException">There are data already, or the disk fails.</exception>
    public static async Task<StoreContent> RestoreAsync(string backup, StoreOptions options, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(options);
        var content = Inspect(backup);
        if (Directory.Exists(options.DataDirectory) && Directory.EnumerateFileSystemEntries(options.DataDirectory).Any())
            throw new IOException($"there are data in {options.DataDirectory} already; move them away, or choose another --data-dir");

        using var held = DataDirectoryLock.Take(options.DataDirectory);
        var restored = content.State with { Revision = content.State.Revision + RevisionBump };
        var kept = new KeptHistory(restored with { Answers = Answers.None }, null, []); // the history before is compacted
        var snapshots = new SnapshotDirectory(RaftStateLog.SnapshotsPath(options));
        var file = snapshots.NewFile();

        // In term 0, as a new cluster starts: its first election is for term 1.
        SnapshotFile.Write(file, long.Max(content.LastIndex, 1), term: 0, stream => StateSnapshot.Write(stream, restored, kept));
        snapshots.Publish(file, long.Max(content.LastIndex, 1));
        await MemberFile.CreateAsync(RaftStateLog.MembersPath(options), options.Members.Select(member => member.Raft), token); // last: it makes the directory a server's
        return content with { State = restored };
    }

    /// <summary>
    /// What a server's data directory has, acknowledged or not: as if it were the only server. Works on a copy, and leaves the directory as it is.
    /// </summary>
    /// <param name="backup">Where to write it down as a backup.</param>
    /// <exception cref="DataDirectoryInUseException">The server runs.</exception>
    /// <exception cref="CorruptSnapshotException">Its snapshot is damaged.</exception>
    public static async Task<StoreContent> ReadAsync(StoreOptions options, string backup, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(options);
        using var held = DataDirectoryLock.Take(options.DataDirectory);
        var members = await MemberFile.ReadAsync(RaftStateLog.MembersPath(options), token);
        var alone = options with
        {
            DataDirectory = options.DataDirectory + $".look-{Guid.NewGuid():N}",
            RaftEndpoint = new IPEndPoint(IPAddress.Loopback, FreePort()),
            Join = false,
        };
        alone = alone with { Members = [new StoreMember(alone.RaftEndpoint, new Uri("http://127.0.0.1:1"))] };
        try
        {
            Copy(Path.Combine(options.DataDirectory, "log"), Path.Combine(alone.DataDirectory, "log"));
            Copy(RaftStateLog.SnapshotsPath(options), RaftStateLog.SnapshotsPath(alone));

            // Of a version that no change of the members in the log comes after: this look is alone to the end.
            await MemberFile.CreateAsync(RaftStateLog.MembersPath(alone), [alone.RaftEndpoint], token, long.MaxValue);
            await using var store = await ClusterStore.OpenAsync(
                alone, _ => throw new InvalidOperationException("there is no other server"), TimeProvider.System, NullLoggerFactory.Instance, token);
            await store.Log.WaitForLeadershipAsync(token);
            using var saved = await store.BackupAsync(token);
            await using (var file = new FileStream(backup, FileMode.CreateNew, FileAccess.Write))
            {
                await saved.Content.CopyToAsync(file, token);
                file.Flush(flushToDisk: true);
            }

            return new StoreContent(store.Log.AppliedIndex, store.Log.Term, [.. members.OfType<IPEndPoint>()]) { State = store.Current };
        }
        finally
        {
            if (Directory.Exists(alone.DataDirectory)) Directory.Delete(alone.DataDirectory, recursive: true);
        }
    }

    static ClusterState Load(string backup)
    {
        var state = ClusterState.Empty;
        SnapshotFile.Read(backup, stream => state = StateSnapshot.Read(stream).State);
        return state;
    }

    static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        if (!Directory.Exists(from)) return;
        foreach (var directory in Directory.EnumerateDirectories(from, "*", SearchOption.AllDirectories)) Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, directory)));
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories)) File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    static int FreePort()
    {
        using var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port; // it is bound
    }
}

/// <summary>What a backup or a data directory holds.</summary>
/// <param name="Members">The Raft endpoints of the members that vote; empty for a backup.</param>
public sealed record StoreContent(long LastIndex, long Term, IReadOnlyList<IPEndPoint> Members)
{
    /// <summary>The last revision.</summary>
    public long Revision => State.Revision;

    /// <summary>How many objects there are.</summary>
    public int Objects => State.Count;

    internal ClusterState State { get; init; } = ClusterState.Empty;
}
