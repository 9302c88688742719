using System.Net;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The cluster's state, the same on every server: writes go through the log, reads are linearizable unless a stale one
/// is asked for, and every change can be watched in order.
/// </summary>
public sealed partial class ClusterStore : IAsyncDisposable
{
    readonly StoreOptions _options;
    readonly ReplicatedCluster _cluster;
    readonly IStateLog _log;
    readonly Func<StoreMember, Peer.PeerClient> _connect;
    readonly Batcher _batcher;
    readonly DiskSpace _disk;
    readonly SharedBarrier _barrierHere;
    readonly SharedBarrier _barrierAnywhere;
    readonly TimeProvider _clock;
    readonly Func<string> _newId;

    ClusterStore(StoreOptions options, ReplicatedCluster cluster, IStateLog log, Func<StoreMember, Peer.PeerClient> connect,
        TimeProvider clock, Func<string> newId)
    {
        _options = options;
        _cluster = cluster;
        _log = log;
        _connect = connect;
        _clock = clock;
        _newId = newId;
        _batcher = new Batcher(log, options.OperationTimeout);
        _disk = new DiskSpace(options.DataDirectory, options.ServerName, options.MinFreeBytes, clock);
        _barrierHere = new SharedBarrier(ReadIndexAtOnceAsync);
        _barrierAnywhere = new SharedBarrier(FindReadIndexAsync);
    }

    /// <summary>The state as this server knows it: complete and consistent, perhaps a moment behind.</summary>
    public ClusterState Current => _cluster.Current;

    /// <summary>True while this server leads as far as it knows. Proof is a write fenced by <see cref="ClaimLeadershipAsync"/>.</summary>
    public bool IsLeader => Equals(_log.Leader, _log.Self);

    /// <summary>Where the leader is as far as this server knows; null while there is none.</summary>
    public StoreMember? Leader => _log.Leader is { } leader ? MemberAt(leader) : null;

    /// <summary>The servers of the cluster.</summary>
    public IReadOnlyList<IPEndPoint> Members => _log.Members;

    /// <summary>Completes, with the reason, when the log here failed: this server then serves nothing until it is opened anew.</summary>
    public Task<Exception> Failed => _log.Failed;

    internal IStateLog Log => _log;

    /// <summary>Opens this server's store over Raft.</summary>
    /// <param name="connect">Reaches another server's Peer service. Called for every forwarded call: keep the channels.</param>
    /// <exception cref="DataDirectoryInUseException">Another process works in the data directory.</exception>
    /// <exception cref="CorruptSnapshotException">The latest snapshot is damaged.</exception>
    public static Task<ClusterStore> OpenAsync(
        StoreOptions options, Func<StoreMember, Peer.PeerClient> connect, TimeProvider clock, ILoggerFactory logs, CancellationToken token) =>
        OpenAsync(
            options, connect, clock, static () => Guid.NewGuid().ToString("N"),
            async state => await RaftStateLog.OpenAsync(options, state, logs, token));

    /// <summary>Opens a store over any log; ids are as the simulation wants them.</summary>
    public static async Task<ClusterStore> OpenAsync(
        StoreOptions options, Func<StoreMember, Peer.PeerClient> connect, TimeProvider clock, Func<string> newId,
        Func<IReplicatedState, Task<IStateLog>> openLog)
    {
        ArgumentNullException.ThrowIfNull(openLog);
        ArgumentNullException.ThrowIfNull(options);
        var cluster = new ReplicatedCluster(options.HistoryRevisions, options.HistoryAge);
        return new ClusterStore(options, cluster, await openLog(cluster), connect, clock, newId);
    }

    /// <summary>
    /// Every revision after <paramref name="fromRevision"/>, once, in order and without a gap, until cancelled.
    /// To follow from a state that was read, pass its revision.
    /// </summary>
    /// <exception cref="CompactedException">The next revision is no longer kept, or the reader was too slow: read the state anew.</exception>
    public IAsyncEnumerable<RevisionChanges> WatchAsync(long fromRevision, CancellationToken token = default) =>
        _cluster.History.WatchAsync(fromRevision, token);

    /// <summary>
    /// Waits until this server leads, and claims the leadership in the log: from then on what an earlier leader's
    /// controllers write is refused.
    /// </summary>
    /// <exception cref="LogFailedException">The log here failed; this server can't lead until it is opened anew.</exception>
    public async Task<LeaderClaim> ClaimLeadershipAsync(CancellationToken token)
    {
        while (true)
        {
            var leadership = await _log.WaitForLeadershipAsync(token);
            var claim = new Command($"claim-{_newId()}", _clock.GetUtcNow(), _options.ServerName)
            {
                Operations = [new ClaimLeadership(_options.ServerName)],
            };
            try
            {
                var proposed = await _batcher.ProposeAsync(Batch.Propose(claim), leadership.Lost).WaitAsync(token);
                if (proposed.Result is Applied applied && !leadership.Lost.IsCancellationRequested)
                {
                    StoreMetrics.Leading(true);
                    leadership.Lost.Register(static () => StoreMetrics.Leading(false));
                    return new LeaderClaim(applied.Revision, leadership.Lost);
                }
            }
            catch (StoreUnavailableException lost) when (lost is not LogFailedException)
            {
                // Lost again before the claim was in the log; an unknown claim that is applied later harms nobody.
                await Task.Delay(Pause, _clock, token);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _batcher.DisposeAsync();
        await _log.DisposeAsync();
    }

    StoreMember MemberAt(IPEndPoint raft) =>
        _options.Members.FirstOrDefault(member => member.Raft.Equals(raft))
        ?? (_options.PeerAt is { } peerAt ? new StoreMember(raft, peerAt(raft)) : null)
        ?? throw new InvalidOperationException($"The leader {raft} is not among the members this server was started with.");
}

/// <summary>Proof that this server leads, for everything its controllers write.</summary>
/// <param name="Epoch">Goes into the fence of their commands.</param>
/// <param name="Lost">Cancelled when the leadership ends or is suspected to have ended.</param>
public sealed record LeaderClaim(long Epoch, CancellationToken Lost);
