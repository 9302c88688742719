using System.Runtime.InteropServices;

namespace Orchestrator.Scheduler.Policies;

/// <summary>
/// Remembers what was found of nodes in the same state: most nodes of a cluster are empty, full, or have been looked at for another pod just before. A later
/// state takes the place of an earlier one that falls on the same slot.
/// </summary>
sealed class Memo
{
    const int Slots = 1 << 14;

    readonly (ulong State, int Version, double Value)[] _slots = new (ulong, int, double)[Slots];

    public bool TryGet(ulong state, int version, out double value)
    {
        ref readonly var slot = ref _slots[state & (Slots - 1)];
        value = slot.Value;
        return slot.State == state && slot.Version == version;
    }

    public void Set(ulong state, int version, double value) => _slots[state & (Slots - 1)] = (state, version, value);

    /// <summary>A number for a state. That two states of one cluster share all 64 bits is less likely than a memory error, and would only make a node look better or worse.</summary>
    public static ulong StateOf(int kind, long cpu, long memory, ReadOnlySpan<short> devices)
    {
        var state = Mixed((ulong)kind + 1, (ulong)cpu);
        state = Mixed(state, (ulong)memory);
        var words = MemoryMarshal.Cast<short, ulong>(devices);
        foreach (var word in words) state = Mixed(state, word);
        for (var i = words.Length * 4; i < devices.Length; i++) state = Mixed(state, (ulong)devices[i] + 1);
        state ^= state >> 29;
        return state == 0 ? 1 : state;
    }

    static ulong Mixed(ulong state, ulong value)
    {
        state = (state ^ value) * 0x9E3779B97F4A7C15;
        return state ^ (state >> 32);
    }
}
