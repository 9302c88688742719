using System.Diagnostics;
using System.Net;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// Writing, here or through the leader. A write whose answer was lost is repeated under its request id, so that it is
/// done once.
/// </summary>
public sealed partial class ClusterStore
{
    /// <summary>
    /// How many other commands may come between the tries of a write. The state remembers the answers of twice as
    /// many, so that a repeated write is always recognised.
    /// </summary>
    const long MaxCommandsBetweenTries = Answers.Limit / 2;

    /// <summary>One call to another server, after which it is taken to be hung.</summary>
    static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(2);

    /// <summary>The pause before the next try, so that an election is not disturbed by a busy loop.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    /// <summary>
    /// Writes through the leader, wherever it is. When this returns, a majority has flushed the command, and the state
    /// here has it, too, unless this server lags.
    /// </summary>
    /// <returns>What the command came to; a refusal by the state is a result.</returns>
    /// <exception cref="NoLeaderException">No leader was found in time. Nothing was written.</exception>
    /// <exception cref="StoreBusyException">The leader had too much to do. Nothing was written.</exception>
    /// <exception cref="DiskFullException">The leader's disk is nearly full. Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">Time is up and the command may or may not be applied, now or later.</exception>
    /// <exception cref="CommandTooLargeException">The command does not fit into an entry.</exception>
    public async Task<ApplyResult> WriteAsync(Command command, CancellationToken token = default)
    {
        var proposal = Batch.Propose(command);
        var started = Stopwatch.GetTimestamp();
        var commandsBefore = _cluster.CommandsApplied;
        OutcomeUnknownException? unknown = null;
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(_options.OperationTimeout);
        try
        {
            while (true)
            {
                try
                {
                    if (unknown is not null && await AnswerOfEarlierTryAsync(command, commandsBefore, time.Token) is { } earlier)
                    {
                        return earlier;
                    }

                    return await TryOnceAsync(proposal, time.Token);
                }
                catch (NotLeaderException)
                {
                    await Task.Delay(Pause, _clock, time.Token);
                }
                catch (OutcomeUnknownException lost) when (lost is not ForgottenException)
                {
                    unknown = lost;
                    await Task.Delay(Pause, _clock, time.Token);
                }
            }
        }
        catch (Exception late) when (unknown is not null && late is not OutcomeUnknownException)
        {
            throw new OutcomeUnknownException("no later try could settle it.", unknown);
        }
        catch (OperationCanceledException late) when (!token.IsCancellationRequested)
        {
            throw new NoLeaderException(Stopwatch.GetElapsedTime(started), late);
        }
    }

    /// <summary>For the leader's Peer service: proposes here, or refuses.</summary>
    /// <exception cref="NotLeaderException">This server does not lead. Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">The command may or may not be applied, now or later.</exception>
    /// <exception cref="DiskFullException">The disk here is nearly full. Nothing was written.</exception>
    internal Task<Proposed> ProposeHereAsync(Proposal command, CancellationToken token)
    {
        if (!IsLeader) return Task.FromException<Proposed>(new NotLeaderException(_log.Leader));
        _disk.Check(command.Bytes.Length, freesSpace: command.Command.Operations.All(operation => operation is Delete));
        return _batcher.ProposeAsync(command, token);
    }

    async Task<ApplyResult> TryOnceAsync(Proposal command, CancellationToken token)
    {
        var leader = _log.Leader ?? await _log.WaitForLeaderAsync(token);
        if (leader.Equals(_log.Self))
        {
            return (await ProposeHereAsync(command, token)).Result;
        }

        var request = new ProposeRequest { Command = UnsafeByteOperations.UnsafeWrap(command.Bytes) };
        ProposeReply reply;
        Failpoints.Reach(Failpoint.Forwarding);
        try
        {
            reply = await WhileLeaderAsync(leader, (peer, calling) => peer.ProposeAsync(request, deadline: InCallTime(), cancellationToken: calling), token);
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.FailedPrecondition)
        {
            throw new NotLeaderException(null, refused);
        }
        catch (RpcException busy) when (busy.StatusCode == StatusCode.ResourceExhausted)
        {
            throw new StoreBusyException(busy);
        }
        catch (RpcException full) when (full.StatusCode == StatusCode.Aborted)
        {
            throw new DiskFullException(full.Status.Detail);
        }
        catch (RpcException lost)
        {
            throw new OutcomeUnknownException($"the leader {leader} answered {lost.StatusCode}.", lost);
        }

        await CatchUpAsync(reply.Index, token);
        return ModelJson.Decode<ApplyResult>(reply.Result.Span);
    }

    /// <summary>Asks the leader, but not for longer than it is one: a leader that hangs or is cut off never answers.</summary>
    async Task<T> WhileLeaderAsync<T>(IPEndPoint leader, Func<Peer.PeerClient, CancellationToken, AsyncUnaryCall<T>> ask, CancellationToken token)
    {
        using var calling = CancellationTokenSource.CreateLinkedTokenSource(token);
        using var call = ask(_connect(MemberAt(leader)), calling.Token);
        var replaced = _log.WaitForOtherLeaderAsync(leader, calling.Token);
        if (await Task.WhenAny(call.ResponseAsync, replaced) == replaced) await calling.CancelAsync();
        try
        {
            return await call.ResponseAsync;
        }
        finally
        {
            await calling.CancelAsync();
        }
    }

    /// <summary>
    /// Looks whether an earlier try was applied. Null when it was not, and can be tried again without being done twice.
    /// </summary>
    /// <exception cref="ForgottenException">So much was written since that its answer may have been dropped.</exception>
    async Task<ApplyResult?> AnswerOfEarlierTryAsync(Command command, long commandsBefore, CancellationToken token)
    {
        var state = await ReadAsync(token);
        return state.Answers.Of(command.RequestId)
            ?? (_cluster.CommandsApplied - commandsBefore <= MaxCommandsBetweenTries ? null : throw new ForgottenException());
    }

    /// <summary>So that whoever wrote through this server finds the write in its state. Lagging is no error.</summary>
    async Task CatchUpAsync(long index, CancellationToken token)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(CallTimeout);
        try
        {
            await _log.WaitForAppliedAsync(index, time.Token);
        }
        catch (Exception cause) when (cause is OperationCanceledException or LogFailedException)
        {
            // The write itself is acknowledged.
        }
    }

    static DateTime InCallTime() => DateTime.UtcNow + CallTimeout; // gRPC measures the distance by the same clock
}
