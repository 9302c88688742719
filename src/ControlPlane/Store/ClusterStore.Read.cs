using System.Diagnostics;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// Linearizable reads on any server: the leader confirms an index with a majority, this server applies up to it.
/// </summary>
public sealed partial class ClusterStore
{
    /// <summary>A state that has every write acknowledged anywhere before the call.</summary>
    /// <exception cref="NoLeaderException">No leader confirmed the read in time.</exception>
    /// <exception cref="LogFailedException">The log here failed.</exception>
    public async Task<ClusterState> ReadAsync(CancellationToken token = default)
    {
        var started = Stopwatch.GetTimestamp();
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(_options.OperationTimeout);
        try
        {
            var index = await _barrierAnywhere.NextAsync().WaitAsync(time.Token);
            await _log.WaitForAppliedAsync(index, time.Token);
            return Current;
        }
        catch (OperationCanceledException late) when (!token.IsCancellationRequested)
        {
            throw new NoLeaderException(Stopwatch.GetElapsedTime(started), late);
        }
    }

    /// <summary>For the leader's Peer service: confirms an index here, or refuses.</summary>
    /// <exception cref="NotLeaderException">This server does not lead.</exception>
    internal Task<long> ReadIndexHereAsync(CancellationToken token) => _barrierHere.NextAsync().WaitAsync(token);

    async Task<long> ReadIndexAtOnceAsync()
    {
        using var time = new CancellationTokenSource(CallTimeout);
        try
        {
            Failpoints.Reach(Failpoint.ReadConfirming);
            return await _log.ReadIndexAsync(time.Token);
        }
        catch (OperationCanceledException cause)
        {
            throw new NotLeaderException(null, cause); // no majority confirms it
        }
    }

    /// <summary>Asks whoever leads, until one answers or the time for an operation is up.</summary>
    async Task<long> FindReadIndexAsync()
    {
        using var time = new CancellationTokenSource(_options.OperationTimeout);
        while (true)
        {
            try
            {
                var leader = _log.Leader ?? await _log.WaitForLeaderAsync(time.Token);
                if (leader.Equals(_log.Self))
                {
                    return await _barrierHere.NextAsync().WaitAsync(time.Token);
                }

                var reply = await WhileLeaderAsync(
                    leader, static (peer, calling) => peer.ReadIndexAsync(new ReadIndexRequest(), deadline: InCallTime(), cancellationToken: calling), time.Token);
                return reply.Index;
            }
            catch (Exception cause) when (cause is NotLeaderException or RpcException && !time.IsCancellationRequested)
            {
                await Task.Delay(Pause, _clock, time.Token);
            }
            catch (RpcException cause)
            {
                throw new OperationCanceledException("No leader confirmed the read in time.", cause);
            }
        }
    }
}
