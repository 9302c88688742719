using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The library's write-ahead log with what it lacks. A follower flushes entries before it acknowledges them, keeps what it has when a request comes a
/// second time, and is left as it was by one that breaks off midway; a leader can't append under a term that is over, and goes on behind a snapshot that
/// a member has. Pinned to 6.12.0; the crash
/// schedule and the tests of each of these guard it. Source: Ongaro, "Consensus: Bridging Theory and Practice", figure 3.1.
/// </summary>
class DurableWal(WriteAheadLog.Options options, IStateMachine machine)
    : WriteAheadLog(Mended(options), machine), IAuditTrail<IRaftLogEntry>
{
    /// <summary>So much of a request is held in memory before it is written, at the least one entry.</summary>
    const int BatchBytes = 4 * 1024 * 1024;

    readonly TruncationMark _truncation = new(options.Location);

    // What this member appends as a leader and what it takes as a follower: the term is looked at and the entry written as one.
    readonly SemaphoreSlim _appending = new(1, 1);

    // The library's flush signal holds one waiter only; a flush here and a commit there must not wait on it at once.
    readonly SemaphoreSlim _flushing = new(1, 1);

    long _followerFlushes;

    // Something of a leader's is written and not known to be flushed. It may be acknowledged later by a request that brings nothing.
    volatile bool _unflushed;

    /// <summary>How often entries of a leader were flushed before they were acknowledged.</summary>
    public long FollowerFlushes => Interlocked.Read(ref _followerFlushes);

    /// <summary>A follower's append. When it returns, the library acknowledges the entries to the leader.</summary>
    async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(
        ILogEntryProducer<TEntry> entries, long startIndex, bool skipCommitted, CancellationToken token)
    {
        // The library writes over whatever stands at an index, and forgets what came after. A request that comes again, late or because its answer was
        // lost, would take acknowledged entries away: only one that differs does, and what is committed never does.
        var index = startIndex;
        var differs = false;
        while (!differs && entries.RemainingCount > 0 && await entries.MoveNextAsync())
        {
            var term = entries.Current.Term; // always read: it tells the library whether the leader's own entries are among them
            differs = !(skipCommitted && index <= LastCommittedEntryIndex) && !await ContainsAsync(index, term, token);
            if (!differs) index++;
        }

        // From the network into memory first: if it broke off while the library writes, the log would be cut off and not known to be.
        while (differs)
        {
            var batch = new List<ReceivedEntry>();
            for (var bytes = 0; differs && bytes < BatchBytes; differs = await entries.MoveNextAsync())
            {
                batch.Add(await ReceivedEntry.ReadAsync(entries.Current, token));
                bytes += batch[^1].Content.Length;
            }

            Failpoints.Reach(Failpoint.Receiving);
            await WriteAsync(batch, index);
            index += batch.Count;
        }

        if (!_unflushed) return;
        Failpoints.Reach(Failpoint.Flushing);
        await FlushOnceAsync(token);
        Failpoints.Reach(Failpoint.Acknowledging);
        _truncation.Clear();
        _unflushed = false;
        Interlocked.Increment(ref _followerFlushes);
    }

    /// <summary>A leader's append.</summary>
    async ValueTask<long> IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(TEntry entry, CancellationToken token)
    {
        await _appending.WaitAsync(token);
        try
        {
            // Whoever made the entry read the term before the library looked whether this member leads. If it lost an election in between, the
            // entry's term is over, and the log would go backwards.
            if (entry.Term != ((IPersistentState)this).Term) throw new StaleTermException();
            Failpoints.Reach(Failpoint.Appending);
            var index = await AppendAsync(entry, token);
            Failpoints.Reach(Failpoint.Appended);
            return index;
        }
        finally
        {
            _appending.Release();
        }
    }

    /// <summary>What a leader sends.</summary>
    ValueTask<TResult> IAuditTrail<IRaftLogEntry>.ReadAsync<TResult>(
        ILogEntryConsumer<IRaftLogEntry, TResult> reader, long startIndex, long endIndex, CancellationToken token) =>
        ReadAsync(new SnapshotRefusal<TResult>(reader, ((IPersistentState)this).Term), startIndex, endIndex, token);

    async ValueTask<long> IAuditTrail.CommitAsync(long endIndex, CancellationToken token)
    {
        await _flushing.WaitAsync(token);
        try
        {
            Failpoints.Reach(Failpoint.Committing);
            var count = await CommitAsync(endIndex, token);
            Failpoints.Reach(Failpoint.Committed);
            return count;
        }
        finally
        {
            _flushing.Release();
        }
    }

    protected override async ValueTask DisposeAsyncCore()
    {
        await base.DisposeAsyncCore();
        _flushing.Dispose();
        _appending.Dispose();
    }

    static Options Mended(Options options)
    {
        new TruncationMark(options.Location).Mend();
        return options;
    }

    async ValueTask<bool> ContainsAsync(long index, long term, CancellationToken token)
    {
        if (index > LastEntryIndex) return false;
        using var entry = await ReadAsync(index, index, token);
        return entry[0].Term == term;
    }

    async Task WriteAsync(List<ReceivedEntry> batch, long index)
    {
        await _appending.WaitAsync();
        try
        {
            if (index <= LastEntryIndex)
            {
                Failpoints.Reach(Failpoint.Truncating);
                _truncation.Set(index - 1);
            }

            _unflushed = true;
            await AppendAsync(new LogEntryProducer<ReceivedEntry>(batch), index, skipCommitted: false, CancellationToken.None);
        }
        finally
        {
            _appending.Release();
        }
    }

    async Task FlushOnceAsync(CancellationToken token)
    {
        await _flushing.WaitAsync(token);
        try
        {
            await FlushAsync(token);
        }
        finally
        {
            _flushing.Release();
        }
    }
}

/// <summary>An entry was made under a term that is over. It is in no log.</summary>
sealed class StaleTermException() : InvalidOperationException("The term of this entry is over.");
