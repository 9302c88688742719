using System.Net;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// A log without Raft that a test makes fail at will: always led by this member, applied at once.
/// </summary>
sealed class ScriptedLog(IReplicatedState state) : IStateLog
{
    readonly Lock _applying = new();
    readonly TaskCompletionSource<Exception> _failed = new();

    public static IPEndPoint Here { get; } = new(IPAddress.Loopback, 1);

    /// <summary>What happens to each proposal, first come first served; afterwards all succeed.</summary>
    public Queue<Fate> Fates { get; } = new();

    /// <summary>Done once, before the next proposal meets its fate.</summary>
    public Action? BeforeNextProposal { get; set; }

    public IReplicatedState State => state;

    public List<int> EntrySizes { get; } = [];

    /// <summary>Held by the test to keep proposals waiting.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public int Barriers { get; private set; }

    public enum Fate
    {
        Applied,
        AppliedButAnswerLost,
        LostBeforeApplied,
        NotLeader,
    }

    public IPEndPoint Self => Here;
    public IReadOnlyList<IPEndPoint> Members => [Here];
    public IPEndPoint? Leader { get; set; } = Here;
    public long Term => 1;
    public long AppliedIndex { get; private set; }
    public Task<Exception> Failed => _failed.Task;

    public Task<IPEndPoint> WaitForLeaderAsync(CancellationToken token) => Leader is { } leader
        ? Task.FromResult(leader)
        : Task.Delay(Timeout.Infinite, token).ContinueWith<IPEndPoint>(_ => throw new OperationCanceledException(token), TaskScheduler.Default);

    public Task WaitForOtherLeaderAsync(IPEndPoint leader, CancellationToken token) => Task.Delay(Timeout.Infinite, token);

    public Task<Leadership> WaitForLeadershipAsync(CancellationToken token) => Task.FromResult(new Leadership(1, CancellationToken.None));

    public async Task<object?> ProposeAsync(ReadOnlyMemory<byte> entry, object? meaning, CancellationToken token)
    {
        await Gate.WaitAsync(token);
        lock (_applying)
        {
            BeforeNextProposal?.Invoke();
            BeforeNextProposal = null;
            var fate = Fates.Count > 0 ? Fates.Dequeue() : Fate.Applied;
            if (fate is Fate.NotLeader) throw new NotLeaderException(null);
            if (fate is Fate.LostBeforeApplied) throw new OutcomeUnknownException("lost before it was applied");
            EntrySizes.Add(Batch.Split(entry.Span).Count);
            var result = state.Apply(entry.Span, ++AppliedIndex, meaning);
            return fate is Fate.AppliedButAnswerLost ? throw new OutcomeUnknownException("answer lost") : result;
        }
    }

    public async Task<long> ReadIndexAsync(CancellationToken token)
    {
        Barriers++;
        await Gate.WaitAsync(token);
        return AppliedIndex;
    }

    public Task AddMemberAsync(IPEndPoint member, CancellationToken token) => throw new NotSupportedException();

    public Task RemoveMemberAsync(IPEndPoint member, CancellationToken token) => throw new NotSupportedException();

    public void WantSnapshot() => throw new NotSupportedException();

    public SnapshotOnDisk? OpenSnapshot() => null;

    public Task WaitForAppliedAsync(long index, CancellationToken token) => Task.CompletedTask;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
