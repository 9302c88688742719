using System.Threading.Channels;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// Group commit: commands that wait while an entry is being flushed share the next one.
/// </summary>
sealed class Batcher : IAsyncDisposable
{
    /// <summary>Entries under way at once: one is flushed here, one by the followers, one on the wire, one being made.</summary>
    const int InFlight = 4;

    /// <summary>Writers wait in line beyond this, so that memory stays bounded.</summary>
    const int QueueLength = 4096;

    readonly IStateLog _log;
    readonly Channel<Waiting> _queue = Channel.CreateBounded<Waiting>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    readonly SemaphoreSlim _slots = new(InFlight, InFlight);
    readonly CancellationTokenSource _closing = new();
    readonly TimeSpan _patience;
    readonly Task _batching;

    /// <param name="patience">How long one entry may take.</param>
    public Batcher(IStateLog log, TimeSpan patience)
    {
        _log = log;
        _patience = patience;
        _batching = BatchAsync();
    }

    /// <exception cref="NotLeaderException">This server does not lead. Nothing was written.</exception>
    /// <exception cref="StoreBusyException">Too many commands waited before it. Nothing was written.</exception>
    /// <exception cref="OutcomeUnknownException">The command may or may not be applied, now or later.</exception>
    public async Task<Proposed> ProposeAsync(Proposal command, CancellationToken token)
    {
        var waiting = new Waiting(command, new(TaskCreationOptions.RunContinuationsAsynchronously));
        try
        {
            await _queue.Writer.WriteAsync(waiting, token);
        }
        catch (ChannelClosedException cause)
        {
            throw new NotLeaderException(null, cause);
        }
        catch (OperationCanceledException cause)
        {
            throw new StoreBusyException(cause);
        }

        try
        {
            return await waiting.Answer.Task.WaitAsync(token);
        }
        catch (OperationCanceledException cause) when (token.IsCancellationRequested)
        {
            throw new OutcomeUnknownException("no majority answered in time.", cause);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _queue.Writer.TryComplete();
        await _closing.CancelAsync();
        await _batching;
        for (var i = 0; i < InFlight; i++)
        {
            await _slots.WaitAsync();
        }

        _slots.Dispose();
        _closing.Dispose();
    }

    async Task BatchAsync()
    {
        while (await _queue.Reader.WaitToReadAsync())
        {
            await _slots.WaitAsync();
            var batch = new List<Waiting>();
            for (var bytes = 0; batch.Count < Batch.MaxCommands && _queue.Reader.TryPeek(out var next); batch.Add(next))
            {
                bytes += next.Proposal.Bytes.Length;
                if (batch.Count > 0 && bytes > Batch.MaxBytes)
                {
                    break;
                }

                _queue.Reader.TryRead(out _);
            }

            _ = ProposeAsync(batch); // ends in the answers of its writers, and gives its slot back
        }
    }

    async Task ProposeAsync(List<Waiting> batch)
    {
        try
        {
            StoreMetrics.Proposed(batch.Count);
            using var time = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            time.CancelAfter(_patience);
            var entry = Batch.Join([.. batch.Select(waiting => waiting.Proposal.Bytes)]);
            Command[] commands = [.. batch.Select(waiting => waiting.Proposal.Command)];
            Failpoints.Reach(Failpoint.Proposing);
            var applied = (BatchResult)(await _log.ProposeAsync(entry, commands, time.Token))!; // ours is never null
            Failpoints.Reach(Failpoint.Answering);
            for (var i = 0; i < batch.Count; i++)
            {
                batch[i].Answer.SetResult(new Proposed(applied.Results[i], applied.Index));
            }
        }
        catch (Exception cause)
        {
            // What the log does not call a refusal may have been written.
            var refused = cause as StoreUnavailableException ?? new OutcomeUnknownException(cause.Message, cause);
            foreach (var waiting in batch)
            {
                waiting.Answer.TrySetException(refused);
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    sealed record Waiting(Proposal Proposal, TaskCompletionSource<Proposed> Answer);
}

/// <summary>A command's result and the index of the log entry it was in.</summary>
sealed record Proposed(ApplyResult Result, long Index);
