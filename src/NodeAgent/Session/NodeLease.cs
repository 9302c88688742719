using System.Collections.Concurrent;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// How long this node's pods are surely its own: a lease from the moment at which the last beat that was answered was sent, by the monotonic clock. The
/// control plane counts from when it received the beat, which is later, so it never gives a pod away before.
/// </summary>
sealed class NodeLease(TimeProvider time)
{
    /// <summary>
    /// How much longer than the lease a pod that must run at most once may go on: an agent that is restarted or upgraded within this time finds it running.
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>How long after the end of the lease such a pod has surely ended: its patience, the kill, and clocks that run a little apart.</summary>
    public static readonly TimeSpan Fence = Patience + TimeSpan.FromSeconds(2);

    // Those without an answer are forgotten with their session.
    readonly ConcurrentDictionary<long, long> _sent = new();

    Renewal? _last;

    /// <summary>What is left of it; zero as long as no beat was answered.</summary>
    public TimeSpan Remaining =>
        Volatile.Read(ref _last) is { } last && last.Length - time.GetElapsedTime(last.At) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    /// <summary>A session begins, whose beats are numbered anew.</summary>
    public void Begin() => _sent.Clear();

    /// <summary>A beat is about to be sent.</summary>
    public void Sending(long sequence) => _sent[sequence] = time.GetTimestamp();

    /// <summary>A beat was answered.</summary>
    /// <param name="length">The lease that the server gives.</param>
    public void Renewed(long sequence, TimeSpan length)
    {
        if (_sent.TryRemove(sequence, out var at)) Volatile.Write(ref _last, new Renewal(at, length));
    }

    sealed record Renewal(long At, TimeSpan Length);
}
