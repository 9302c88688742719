namespace Orchestrator.Scheduler.Ranking;

/// <summary>
/// A tournament over numbers: changing one and finding the largest both take as many steps as the number of numbers has binary digits. Of equals the first wins.
/// </summary>
sealed class Ranked
{
    /// <summary>The key of what may not be chosen.</summary>
    public const long Never = long.MinValue;

    readonly long[] _keys;
    readonly int[] _winners; // a heap-shaped tree: the winner of node i is that of 2i and 2i+1, and leaf j stands at Count + j
    readonly int _count;

    public Ranked(int count)
    {
        _count = count;
        _keys = new long[count];
        _winners = new int[2 * count];
        for (var i = 0; i < count; i++) _winners[count + i] = i;
    }

    public int Count => _count;

    public long this[int at] => _keys[at];

    /// <summary>Sets a key without a tournament: <see cref="Play"/> comes after the last one.</summary>
    public void Place(int at, long key) => _keys[at] = key;

    public void Play()
    {
        for (var i = _count - 1; i >= 1; i--) _winners[i] = Better(_winners[2 * i], _winners[(2 * i) + 1]);
    }

    public void Change(int at, long key)
    {
        if (_keys[at] == key) return;
        _keys[at] = key;
        for (var i = (_count + at) >> 1; i >= 1; i >>= 1) _winners[i] = Better(_winners[2 * i], _winners[(2 * i) + 1]);
    }

    /// <summary>The place of the largest key; -1 when there is none to choose.</summary>
    public int Best => _count == 0 ? -1 : _keys[Winner] == Never ? -1 : Winner;

    int Winner => _count == 1 ? 0 : _winners[1];

    int Better(int left, int right)
    {
        var (a, b) = (_keys[left], _keys[right]);
        return a > b || (a == b && left < right) ? left : right;
    }
}
