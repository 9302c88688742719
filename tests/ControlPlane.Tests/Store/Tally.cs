using System.Collections.Immutable;
using System.Text;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// The smallest replicated state that shows loss, doubling and order: all entries, as text. Apply answers how many there are.
/// </summary>
sealed class Tally : IReplicatedState
{
    ImmutableList<string> _entries = [];

    public ImmutableList<string> Entries => Volatile.Read(ref _entries);

    public int Loads { get; private set; }

    /// <summary>Called before each entry is applied.</summary>
    public Action<string> BeforeApply { get; init; } = _ => { };

    public object? Apply(ReadOnlySpan<byte> entry, long index, object? meaning)
    {
        var text = Encoding.UTF8.GetString(entry);
        BeforeApply(text);
        Volatile.Write(ref _entries, _entries.Add(text));
        return _entries.Count;
    }

    public Action<Stream> Freeze()
    {
        var frozen = _entries;
        return stream =>
        {
            using var writer = new BinaryWriter(stream, Encoding.UTF8, leaveOpen: true);
            writer.Write(frozen.Count);
            foreach (var entry in frozen) writer.Write(entry);
        };
    }

    public void Load(Stream source, long index)
    {
        using var reader = new BinaryReader(source, Encoding.UTF8, leaveOpen: true);
        var count = reader.ReadInt32();
        Volatile.Write(ref _entries, Enumerable.Range(0, count).Select(_ => reader.ReadString()).ToImmutableList());
        Loads++;
    }
}
