using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Witness;

/// <summary>What one object held at every revision.</summary>
sealed class Timeline
{
    readonly List<Held> _changes = [new(null, 0)];
    readonly List<long> _at = [0];

    public Held Last => _changes[^1];

    public void Add(long revision, string? value)
    {
        _at.Add(revision);
        _changes.Add(new Held(value, value is null ? 0 : revision));
    }

    public Held At(long revision) => _changes[PlaceOf(revision)];

    /// <summary>Whether it was so at some revision of these, both included.</summary>
    public bool WasEver(long first, long last, Func<Held, bool> so)
    {
        for (var i = PlaceOf(first); i < _at.Count && _at[i] <= last; i++)
        {
            if (so(_changes[i])) return true;
        }

        return false;
    }

    int PlaceOf(long revision)
    {
        var found = _at.BinarySearch(revision);
        return found >= 0 ? found : ~found - 1;
    }
}
