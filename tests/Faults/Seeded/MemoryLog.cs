using System.Net;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.Faults.Seeded;

/// <summary>One member's end of a <see cref="SharedLog"/>, which has the bug.</summary>
sealed class MemoryLog : IStateLog
{
    readonly SharedLog _shared;
    readonly Bug _bug;
    readonly int _number;
    readonly IReplicatedState _state;
    readonly MemoryStream _empty = new();
    long _applied;

    public MemoryLog(SharedLog shared, Bug bug, int number, IReplicatedState state, Func<ClusterState> current)
    {
        (_shared, _bug, _number, _state, CurrentState) = (shared, bug, number, state, current);
        Self = new IPEndPoint(IPAddress.Loopback, number + 1);
        state.Freeze()(_empty);
    }

    public IPEndPoint Self { get; }
    public IReadOnlyList<IPEndPoint> Members => [Self];
    public IPEndPoint? Leader => Self;
    public long Term => 1;

    /// <summary>Read without the log's lock: what it counts has been applied.</summary>
    public long AppliedIndex => Volatile.Read(ref _applied);

    public Task<Exception> Failed { get; } = new TaskCompletionSource<Exception>().Task;

    public ClusterState Current => CurrentState();

    Func<ClusterState> CurrentState { get; }

    /// <summary>Applies what it has not yet. Called under the log's lock.</summary>
    /// <returns>What the last entry came to; null when it was passed over, or there was none.</returns>
    public object? CatchUp(List<byte[]> entries)
    {
        object? result = null;
        for (var applied = AppliedIndex; applied < entries.Count; Volatile.Write(ref _applied, ++applied))
            result = _bug.Skips(_number) ? null : Apply(entries[(int)applied], applied + 1);

        return result;
    }

    public object? Apply(byte[] entry, long index) => _state.Apply(entry, index, null);

    /// <summary>Begins anew, with nothing.</summary>
    public void Restart()
    {
        _empty.Position = 0;
        _state.Load(_empty, 0);
        Volatile.Write(ref _applied, 0);
    }

    public Task<object?> ProposeAsync(ReadOnlyMemory<byte> entry, object? meaning, CancellationToken token)
    {
        try
        {
            var result = (BatchResult)_shared.Append(this, entry.Span)!; // it returns what became of this very entry
            return Task.FromResult<object?>(result with { Results = [.. result.Results.Select(_bug.Answered)] });
        }
        catch (OutcomeUnknownException lost)
        {
            return Task.FromException<object?>(lost);
        }
    }

    public Task<long> ReadIndexAsync(CancellationToken token) => Task.FromResult(_bug.ReadIndex(_shared.Length));

    public Task WaitForAppliedAsync(long index, CancellationToken token)
    {
        if (_bug.WaitsForApplied && index > AppliedIndex) _shared.CatchUp(this);
        return Task.CompletedTask;
    }

    public Task<IPEndPoint> WaitForLeaderAsync(CancellationToken token) => Task.FromResult(Self);

    public Task WaitForOtherLeaderAsync(IPEndPoint leader, CancellationToken token) => Task.Delay(Timeout.Infinite, token);

    public Task<Leadership> WaitForLeadershipAsync(CancellationToken token) => Task.FromResult(new Leadership(1, CancellationToken.None));

    public Task AddMemberAsync(IPEndPoint member, CancellationToken token) => throw new NotSupportedException();

    public Task RemoveMemberAsync(IPEndPoint member, CancellationToken token) => throw new NotSupportedException();

    public void WantSnapshot() => throw new NotSupportedException();

    public SnapshotOnDisk? OpenSnapshot() => null;

    public ValueTask DisposeAsync() => _empty.DisposeAsync();
}
