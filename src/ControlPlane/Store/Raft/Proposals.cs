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
    readonly ConcurrentDictionary<long, TaskCompletionSource<object?>> _waiting = new();

    long _last;

    /// <summary>Takes a number for an entry, which <see cref="Applied"/> will complete.</summary>
    public (long Number, Task<object?> Applied) Add()
    {
        var number = Interlocked.Increment(ref _last);
        var waiting = new TaskCompletionSource<object?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting[number] = waiting;
        return (number, waiting.Task);
    }

    public void Forget(long number) => _waiting.TryRemove(number, out _);

    public void WriteHead(Span<byte> head, long number)
    {
        BinaryPrimitives.WriteInt64LittleEndian(head, _process);
        BinaryPrimitives.WriteInt64LittleEndian(head[8..], number);
    }

    /// <summary>Hands the result of an applied entry to whoever in this process proposed it.</summary>
    public void Applied(ReadOnlySpan<byte> head, object? result)
    {
        if (BinaryPrimitives.ReadInt64LittleEndian(head) == _process
            && _waiting.TryRemove(BinaryPrimitives.ReadInt64LittleEndian(head[8..]), out var waiting))
        {
            waiting.SetResult(result);
        }
    }
}
