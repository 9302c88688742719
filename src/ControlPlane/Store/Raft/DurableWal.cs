using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The library's write-ahead log with what it lacks: a follower flushes entries before it acknowledges them, and a
/// leader can't append under a term that is over. Pinned to 6.12.0; the crash schedule in the tests guards it.
/// </summary>
class DurableWal(WriteAheadLog.Options options, IStateMachine machine)
    : WriteAheadLog(options, machine), IAuditTrail<IRaftLogEntry>
{
    // The library's flush signal holds one waiter only; a flush here and a commit there must not wait on it at once.
    readonly SemaphoreSlim _flushing = new(1, 1);

    long _followerFlushes;

    /// <summary>How often entries of a leader were flushed before they were acknowledged.</summary>
    public long FollowerFlushes => Interlocked.Read(ref _followerFlushes);

    /// <summary>A follower's append. When it returns, the library acknowledges the entries to the leader.</summary>
    async ValueTask IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(
        ILogEntryProducer<TEntry> entries, long startIndex, bool skipCommitted, CancellationToken token)
    {
        // What is committed here is here already. The library would flush it once more, from pages that may be gone with a snapshot.
        while (skipCommitted && startIndex <= LastCommittedEntryIndex && entries.RemainingCount > 0 && await entries.MoveNextAsync()) startIndex++;
        var any = entries.RemainingCount > 0;
        await AppendAsync(entries, startIndex, skipCommitted, token);
        if (!any)
        {
            return;
        }

        await _flushing.WaitAsync(token);
        try
        {
            await FlushAsync(token);
        }
        finally
        {
            _flushing.Release();
        }

        Interlocked.Increment(ref _followerFlushes);
    }

    /// <summary>A leader's append.</summary>
    ValueTask<long> IAuditTrail<IRaftLogEntry>.AppendAsync<TEntry>(TEntry entry, CancellationToken token)
    {
        // Whoever made the entry read the term before the library looked whether this member leads. If it lost and won
        // an election in between, the entry's term is stale, and the log would go backwards.
        return entry.Term == ((IPersistentState)this).Term
            ? AppendAsync(entry, token)
            : ValueTask.FromException<long>(new StaleTermException());
    }

    async ValueTask<long> IAuditTrail.CommitAsync(long endIndex, CancellationToken token)
    {
        await _flushing.WaitAsync(token);
        try
        {
            return await CommitAsync(endIndex, token);
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
    }
}

/// <summary>An entry was made under a term that is over. It is in no log.</summary>
sealed class StaleTermException() : InvalidOperationException("The term of this entry is over.");
