using System.Net;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using DotNext.Threading;
using Microsoft.Extensions.Logging;
using LibraryNotLeader = DotNext.Net.Cluster.Consensus.Raft.NotLeaderException;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The replicated log over DotNext's Raft: one member, in this process. All that knows the library is in this folder.
/// </summary>
public sealed partial class RaftStateLog : IStateLog
{
    /// <summary>A heartbeat goes out after this share of the lower election timeout without other traffic.</summary>
    const double HeartbeatShare = 0.3;

    /// <summary>An election has this share of its shortest timeout for its votes, and the rest to begin and to end.</summary>
    const double SlowVoteShare = 0.75;

    /// <summary>How long the transfer of a whole snapshot may take, whose parts have a time of their own: 10 GB at 40 MB/s.</summary>
    static readonly TimeSpan TransferTimeout = TimeSpan.FromMinutes(4);

    readonly StoreOptions _options;
    readonly DataDirectoryLock _lock;
    readonly MemberFile _memberFile;
    readonly RaftMachine _machine;
    readonly Proposals _proposals;
    readonly WriteAheadLog _wal;
    readonly RaftCluster _cluster;
    readonly CancellationTokenSource _closing = new();
    readonly CancellationTokenSource _broken = new();
    readonly TaskCompletionSource<Exception> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    TaskCompletionSource _leaderChanged = NewSignal();

    // The term that this member was last elected in. When it is called off, the library raises its term first and stops leading a little later: an
    // entry made then must not bear the term of somebody else's election.
    long _ledTerm = -1;

    Task _watching = Task.CompletedTask;
    int _disposed;

    RaftStateLog(StoreOptions options, IReplicatedState state, DataDirectoryLock held, SnapshotDirectory snapshots,
        Action<Exception> broken, ILoggerFactory logs, WalFactory openWal)
    {
        _options = options;
        _lock = held;
        _proposals = new Proposals();
        _machine = new RaftMachine(state, snapshots, _proposals, options, broken, logs.CreateLogger<RaftMachine>());
        _machine.Restore(); // before the log is opened: it reads the snapshot's index and replays from there
        _memberFile = new MemberFile(MembersPath(options));
        _wal = openWal(
            new WriteAheadLog.Options
            {
                Location = Path.Combine(options.DataDirectory, "log"),
                ChunkSize = options.LogChunkBytes,
                HashAlgorithm = WriteAheadLog.IntegrityHashAlgorithm.XxHash3,

                // Written with write(2), not through a mapping: on a full disk a mapping kills the process (SIGBUS), this fails the log.
                MemoryManagement = WriteAheadLog.MemoryManagementStrategy.PrivateMemory,
            },
            _machine);
        _cluster = new RaftCluster(Configuration(options, _memberFile, logs)) { AuditTrail = _wal };
        _cluster.LeaderChanged += (_, leader) =>
        {
            if (leader is { IsRemote: false }) Interlocked.Exchange(ref _ledTerm, Term);
            Interlocked.Exchange(ref _leaderChanged, NewSignal()).SetResult();
        };
    }

    internal delegate WriteAheadLog WalFactory(WriteAheadLog.Options options, IStateMachine machine);

    /// <inheritdoc/>
    public IPEndPoint Self => _options.RaftEndpoint;

    /// <inheritdoc/>
    public IReadOnlyList<IPEndPoint> Members =>
        [.. _cluster.Members.Select(member => (IPEndPoint)member.EndPoint).OrderBy(each => each.ToString(), StringComparer.Ordinal)];

    /// <inheritdoc/>
    public IPEndPoint? Leader => (IPEndPoint?)_cluster.Leader?.EndPoint;

    /// <inheritdoc/>
    public long Term => ((IPersistentState)_wal).Term;

    /// <inheritdoc/>
    public long AppliedIndex => _machine.AppliedIndex;

    /// <inheritdoc/>
    public Task<Exception> Failed => _failed.Task;

    internal WriteAheadLog Wal => _wal;

    internal long SnapshotIndex => _machine.Snapshot?.Index ?? 0;

    /// <summary>
    /// Opens this member on its data directory, replays its log and joins the others. A new directory starts with the
    /// members of the options; later the log says who they are.
    /// </summary>
    /// <exception cref="DataDirectoryInUseException">Another process works in the data directory.</exception>
    /// <exception cref="NotAMemberException">The data directory belongs to a cluster that this endpoint is no member of.</exception>
    /// <exception cref="CorruptDataException">The latest snapshot is damaged, or the log was found to be.</exception>
    public static Task<RaftStateLog> OpenAsync(
        StoreOptions options, IReplicatedState state, ILoggerFactory logs, CancellationToken token) =>
        OpenAsync(options, state, logs, static (wal, machine) => new DurableWal(wal, machine), EndProcess, token);

    internal static async Task<RaftStateLog> OpenAsync(
        StoreOptions options, IReplicatedState state, ILoggerFactory logs, WalFactory openWal, Action<Exception> broken, CancellationToken token)
    {
        var held = DataDirectoryLock.Take(options.DataDirectory);
        RaftStateLog log;
        try
        {
            if (DamagedData.Of(options) is { } damage) throw damage;
            await MemberFile.CreateAsync(MembersPath(options), options.Join ? [] : options.Members.Select(member => member.Raft), token);
            var members = await MemberFile.ReadAsync(MembersPath(options), token);
            if (!members.Contains(options.RaftEndpoint) && !(options.Join && members.Count == 0))
            {
                throw new NotAMemberException(options.DataDirectory, options.RaftEndpoint, members);
            }

            var snapshots = new SnapshotDirectory(SnapshotsPath(options));
            log = new RaftStateLog(options, state, held, snapshots, broken, logs, openWal);
        }
        catch
        {
            held.Dispose();
            throw;
        }

        try
        {
            await log._cluster.StartAsync(token);
            log._watching = log.WatchForFailureAsync();
            return log;
        }
        catch (DotNext.IO.Log.IntegrityException damage)
        {
            var found = DamagedData.Found(options, log.SnapshotIndex, damage);
            await log.DisposeAsync();
            throw found;
        }
        catch
        {
            await log.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task<IPEndPoint> WaitForLeaderAsync(CancellationToken token) =>
        (IPEndPoint)(await _cluster.WaitForLeaderAsync(System.Threading.Timeout.InfiniteTimeSpan, token)).EndPoint;

    /// <inheritdoc/>
    public async Task WaitForOtherLeaderAsync(IPEndPoint leader, CancellationToken token)
    {
        while (true)
        {
            var changed = Volatile.Read(ref _leaderChanged).Task; // before the look, so that no change is missed
            if (!leader.Equals(Leader)) return;
            await changed.WaitAsync(token);
        }
    }

    /// <inheritdoc/>
    public async Task<Leadership> WaitForLeadershipAsync(CancellationToken token)
    {
        while (true)
        {
            var lost = await _cluster.WaitForLeadershipAsync(token);
            var term = Interlocked.Read(ref _ledTerm);
            await _machine.Loaded().WaitAsync(token);
            if (!lost.IsCancellationRequested)
            {
                // A leader whose log failed goes on believing in itself until another one calls.
                return new Leadership(term, CancellationTokenSource.CreateLinkedTokenSource(lost, _broken.Token).Token);
            }

            // The library has not yet noticed what we have.
            await Task.Yield();
        }
    }

    /// <inheritdoc/>
    public async Task<object?> ProposeAsync(ReadOnlyMemory<byte> entry, object? meaning, CancellationToken token)
    {
        ThrowIfFailed();
        var (number, applied) = _proposals.Add(meaning);
        var framed = new byte[Proposals.HeadBytes + entry.Length];
        _proposals.WriteHead(framed, number);
        entry.CopyTo(framed.AsMemory(Proposals.HeadBytes));
        try
        {
            await _cluster.ReplicateAsync(new BinaryLogEntry { Content = framed, Term = Interlocked.Read(ref _ledTerm) }, token);
            return applied.IsCompletedSuccessfully
                ? applied.Result
                : throw new OutcomeUnknownException("another leader's entry took its place, or a snapshot included it.");
        }
        catch (Exception) when (applied.IsCompletedSuccessfully)
        {
            return applied.Result; // applied here after all, so it is committed
        }
        catch (StaleTermException cause)
        {
            throw new NotLeaderException(Leader, cause);
        }
        catch (LibraryNotLeader cause) when (cause.InnerException is null)
        {
            throw new NotLeaderException(Leader, cause); // refused before it was appended
        }
        catch (Exception cause) when (Broke(cause))
        {
            throw new OutcomeUnknownException("the log failed.", cause);
        }
        catch (Exception cause) when (cause is LibraryNotLeader or OperationCanceledException or ObjectDisposedException)
        {
            throw new OutcomeUnknownException(
                cause is OperationCanceledException ? "no majority answered in time." : "the leadership was lost meanwhile.", cause);
        }
        finally
        {
            _proposals.Forget(number);
        }
    }

    /// <inheritdoc/>
    public async Task<long> ReadIndexAsync(CancellationToken token)
    {
        ThrowIfFailed();
        var lost = _cluster.LeadershipToken;
        if (lost.IsCancellationRequested)
        {
            throw new NotLeaderException(Leader);
        }

        try
        {
            await _cluster.ApplyReadBarrierAsync(ReadBarrierType.Strong, token);
        }
        catch (Exception cause) when (cause is LibraryNotLeader or QuorumUnreachableException or ObjectDisposedException)
        {
            throw new NotLeaderException(Leader, cause);
        }
        catch (Exception cause) when (Broke(cause))
        {
            throw new LogFailedException(cause);
        }

        // On losing the leadership midway the library goes on as a follower, whose barrier confirms nothing.
        return lost.IsCancellationRequested ? throw new NotLeaderException(Leader) : _wal.LastCommittedEntryIndex;
    }

    /// <inheritdoc/>
    public void WantSnapshot() => _machine.WantSnapshot();

    /// <inheritdoc/>
    public SnapshotOnDisk? OpenSnapshot() => _machine.OpenSnapshot();

    /// <inheritdoc/>
    public async Task WaitForAppliedAsync(long index, CancellationToken token)
    {
        try
        {
            if (_wal.LastAppliedIndex < index)
            {
                await _wal.WaitForApplyAsync(index, token);
            }
        }
        catch (Exception cause) when (Broke(cause))
        {
            throw new LogFailedException(cause);
        }

        await _machine.Loaded().WaitAsync(token);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _closing.CancelAsync();
        await _cluster.StopAsync(CancellationToken.None);
        await _cluster.DisposeAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _wal.DisposeAsync();
        await _machine.DisposeAsync();
        _memberFile.Dispose();
        _closing.Dispose();
        _broken.Dispose();
        _lock.Dispose();
    }

    static RaftCluster.CustomTransportConfiguration Configuration(StoreOptions options, MemberFile members, ILoggerFactory logs)
    {
        var transport = new RaftTransport(new MessageTimeouts(options.VoteTimeout, options.ElectionTimeoutLower * SlowVoteShare, options.RequestTimeout, options.SnapshotTimeout), options.Tls);
        return new RaftCluster.CustomTransportConfiguration(options.RaftEndpoint, transport, transport)
        {
            ConfigurationStorage = members,
            ColdStart = false, // the member file names everyone from the start, even for one member alone
            LowerElectionTimeout = (int)options.ElectionTimeoutLower.TotalMilliseconds,
            UpperElectionTimeout = (int)options.ElectionTimeoutUpper.TotalMilliseconds,
            HeartbeatThreshold = HeartbeatShare,
            RequestTimeout = TransferTimeout, // the transport breaks off long before what is not a snapshot
            ConnectTimeout = options.VoteTimeout,
            LoggerFactory = logs,
        };
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal static string SnapshotsPath(StoreOptions options) => Path.Combine(options.DataDirectory, "snapshots");

    internal static string MembersPath(StoreOptions options) => Path.Combine(options.DataDirectory, "members");

    static void EndProcess(Exception bug) => Environment.FailFast(bug.Message, bug);

    async Task WatchForFailureAsync()
    {
        try
        {
            await _wal.WaitForApplyAsync(long.MaxValue, _closing.Token);
        }
        catch (Exception cause) when (Broke(cause) || cause is OperationCanceledException or ObjectDisposedException)
        {
            // Noted, or closing.
        }
    }

    /// <summary>True, and noted for all to see, when the log itself failed: it accepts nothing until it is opened anew.</summary>
    bool Broke(Exception cause)
    {
        if (cause is PendingTaskInterruptedException { InnerException: { } inner }) cause = inner;

        if (cause is not WriteAheadLog.InternalException)
        {
            return false;
        }

        var reason = cause.InnerException ?? cause;
        if (reason is DotNext.IO.Log.IntegrityException and not WriteAheadLog.InternalException) reason = DamagedData.Noted(_options, AppliedIndex + 1, reason);
        if (_failed.TrySetResult(reason)) _broken.Cancel();

        return true;
    }

    void ThrowIfFailed()
    {
        if (_failed.Task.IsCompletedSuccessfully)
        {
            throw new LogFailedException(_failed.Task.Result);
        }
    }
}
