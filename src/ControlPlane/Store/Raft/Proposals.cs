using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The entries this process has proposed and not yet seen applied. An entry is known by a number in its own bytes,
/// never by its index: another leader's entry can come to stand at the index that ours was appended at.
/// </summary>
sealed class Proposals
{
    /// <summary>In front of every entry: which process proposed it, and its number there.</summary>
    public const int HeadBytes = 16;

    readonly long _process = BinaryPrimitives.ReadInt64LittleEndian(RandomNumberGenerator.GetBytes(8));
    readonly ConcurrentDictionary<long, Waiting> _waiting = new();

    long _last;

    /// <summary>Takes a number for an entry, which <see cref="Applied"/> will complete.</summary>
    /// <param name="meaning">What the entry says, for whoever applies it here.</param>
    public (long Number, Task<object?> Applied) Add(object? meaning)
    {
        var number = Interlocked.Increment(ref _last);
        var waiting = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = new Waiting(meaning, waiting);
        return (number, waiting.Task);
    }

    public void Forget(long number) => _waiting.TryRemove(number, out _);

    public void WriteHead(Span<byte> head, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(head, _process);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], number);
    }

    /// <summary>What whoever in this process proposed the entry said that it means; null when nobody did.</summary>
    public object? MeaningOf(ReadOnlySpan<byte> head) => IsOurs(head) ? _waiting.GetValueOrDefault(NumberOf(head))?.Meaning : null;

    /// <summary>Hands the result of an applied entry to whoever in this process proposed it.</summary>
    public void Applied(ReadOnlySpan<byte> head, object? result)
    {
        if (IsOurs(head) && _waiting.TryRemove(NumberOf(head), out var waiting)) waiting.Applied.SetResult(result);
    }

    bool IsOurs(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadInt64LittleEndian(head) == _process;

    static long NumberOf(ReadOnlySpan<byte> head) => BinaryPrimitives.ReadInt64LittleEndian(head[8..]);

    sealed record Waiting(object? Meaning, TaskCompletionSource<object?> Applied);
}
