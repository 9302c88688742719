using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler.Ranking;

/// <summary>The smallest number of a spread's pods in any place that the shape may be in, followed from change to change.</summary>
sealed class SmallestCount
{
    readonly Spread _spread;
    readonly int[] _places;
    readonly int[] _known; // by place; -1 where the shape may not be
    int[] _withCount = new int[8];

    public SmallestCount(Spread spread, Shape shape)
    {
        _spread = spread;
        var of = spread.Term.Places.Of;
        _known = new int[spread.Term.Places.Names.Count];
        Array.Fill(_known, -1);
        foreach (var node in shape.Constraint.Eligible)
            if (of[node] >= 0) _known[of[node]] = 0;
        _places = [.. Enumerable.Range(0, _known.Length).Where(place => _known[place] >= 0)];
        Recount();
    }

    public Spread Spread => _spread;

    public int Smallest { get; private set; }

    public void Recount()
    {
        Array.Clear(_withCount);
        foreach (var place in _places) Add(_known[place] = _spread.Term.Matching[place]);
        Smallest = 0;
        Settle();
    }

    /// <summary>True when the smallest number is another one after a change of this node.</summary>
    public bool Follow(int node)
    {
        var place = _spread.Term.Places.Of[node];
        if (place < 0 || _known[place] < 0 || _known[place] == _spread.Term.Matching[place]) return false;
        _withCount[_known[place]]--;
        Add(_known[place] = _spread.Term.Matching[place]);
        var before = Smallest;
        Smallest = Math.Min(Smallest, _known[place]);
        Settle();
        return Smallest != before;
    }

    void Add(int count)
    {
        if (count >= _withCount.Length) Array.Resize(ref _withCount, Math.Max(count + 1, 2 * _withCount.Length));
        _withCount[count]++;
    }

    void Settle()
    {
        if (_places.Length == 0 || _places.Length < _spread.MinPlaces)
        {
            Smallest = 0;
            return;
        }

        while (_withCount[Smallest] == 0) Smallest++;
    }
}
