using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>A server whose data are damaged gets them from the others.</summary>
public sealed partial class ClusterStore
{
    /// <summary>
    /// Replaces the damaged log and snapshot of a server that is not open by a snapshot of the leader's. What this server promised stays
    /// true: the snapshot has every entry that was committed when the leader was asked, and the leader had to ask a majority without
    /// this server; its term and its vote are kept.
    /// </summary>
    /// <param name="servers">The others.</param>
    /// <exception cref="NoLeaderException">None of them leads, or can say so.</exception>
    public static async Task RebuildAsync(StoreOptions options, IEnumerable<Peer.PeerClient> servers, CorruptDataException damage, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(servers);
        ArgumentNullException.ThrowIfNull(damage);
        using var held = DataDirectoryLock.Take(options.DataDirectory);
        DamagedData.Write(options, damage.File, damage.Message); // until all of it is replaced, a crash leaves the server damaged
        var fresh = RaftStateLog.SnapshotsPath(options) + ".new";
        if (Directory.Exists(fresh)) Directory.Delete(fresh, recursive: true);
        RpcException? last = null;
        foreach (var server in servers)
        {
            try
            {
                var index = (await server.ReadIndexAsync(new ReadIndexRequest(), deadline: InCallTime(), cancellationToken: token)).Index;
                await FetchSnapshotAsync(server, new SnapshotDirectory(fresh), index, token);
                Replace(options, fresh);
                return;
            }
            catch (RpcException refused) when (!token.IsCancellationRequested)
            {
                last = refused; // it does not lead, or is away
            }
        }

        throw new NoLeaderException(TimeSpan.Zero, last);
    }

    /// <summary>A snapshot here that has an entry; it is written now when there is none.</summary>
    /// <exception cref="NoLeaderException">There is no such entry, or the snapshot was not written in time.</exception>
    internal async Task<SnapshotOnDisk?> SnapshotAsync(long minIndex, CancellationToken token)
    {
        var started = _clock.GetTimestamp();
        for (var asked = false; ; await Task.Delay(Pause, _clock, token))
        {
            var latest = _log.OpenSnapshot();
            if ((latest?.Index ?? 0) >= minIndex) return latest;
            latest?.Content.Dispose();
            if (_clock.GetElapsedTime(started) > _options.OperationTimeout) throw new NoLeaderException(_clock.GetElapsedTime(started));
            if (asked) continue;
            _log.WantSnapshot();
            await WriteAsync(new Command(_newId(), _clock.GetUtcNow(), "snapshot"), token); // changes nothing, and is the entry that the snapshot is written with
            asked = true;
        }
    }

    static void Replace(StoreOptions options, string fresh)
    {
        var log = Path.Combine(options.DataDirectory, "log");
        foreach (var part in (string[])["data", "metadata"])
        {
            if (Directory.Exists(Path.Combine(log, part))) Directory.Delete(Path.Combine(log, part), recursive: true);
        }

        File.Delete(Path.Combine(log, "checkpoint"));
        Directory.Delete(RaftStateLog.SnapshotsPath(options), recursive: true);
        Directory.Move(fresh, RaftStateLog.SnapshotsPath(options));
        DirectoryFlush.Flush(log);
        DamagedData.Clear(options);
    }
}
