using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// What a leader sends a member. One that refuses a snapshot because it has it, as after a crash before it could say so, is sent what comes after it: the
/// library goes on from an ever earlier index instead, and the member stays behind until the leader's next snapshot.
/// </summary>
sealed class SnapshotRefusal<TResult>(ILogEntryConsumer<IRaftLogEntry, TResult> sender, long term) : ILogEntryConsumer<IRaftLogEntry, TResult>
{
    bool ILogEntryConsumer<IRaftLogEntry, TResult>.LogEntryMetadataOnly => sender.LogEntryMetadataOnly;

    public ValueTask<TResult> ReadAsync<TEntry, TList>(TList entries, long? snapshotIndex, CancellationToken token)
        where TEntry : IRaftLogEntry
        where TList : IReadOnlyList<TEntry>
    {
        var answer = sender.ReadAsync<TEntry, TList>(entries, snapshotIndex, token);
        return snapshotIndex is null ? answer : SentAsync(answer);
    }

    /// <remarks>A member refuses a snapshot for two reasons only: its term is later than the leader's, or what it has committed reaches as far (RaftCluster.InstallSnapshotAsync, 6.12.0).</remarks>
    async ValueTask<TResult> SentAsync(ValueTask<TResult> answer)
    {
        var result = await answer;
        return result is Result<ReplicationStatus> { Value.Result: HeartbeatResult.Rejected } refused && refused.Term <= term
            ? (TResult)(object)new Result<ReplicationStatus> { Term = refused.Term, Value = refused.Value with { Result = HeartbeatResult.Replicated } }
            : result;
    }
}
