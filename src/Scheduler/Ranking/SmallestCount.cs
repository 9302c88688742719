using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler.Ranking;

/// <summary>The smallest number of a spread's pods in any place, followed from change to change.</summary>
sealed class SmallestCount
{
    readonly Spread _spread;
    readonly int[] _known; // by place
    int[] _withCount = new int[8];

    public SmallestCount(Spread spread)
    {
        _spread = spread;
        _known = new int[spread.Term.Places.Names.Count];
        Recount();
    }

    public Spread Spread => _spread;

    public int Smallest { get; private set; }

    public void Recount()
    {
        Array.Clear(_withCount);
        for (var place = 0; place < _known.Length; place++) Add(_known[place] = _spread.Term.Matching[place]);
        Smallest = 0;
        Settle();
    }

    /// <summary>True when the smallest number is another one after a change of this node.</summary>
    public bool Follow(int node)
    {
        var place = _spread.Term.Places.Of[node];
        if (place < 0 || _known[place] == _spread.Term.Matching[place]) return false;
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
        if (_known.Length == 0 || _known.Length < _spread.MinPlaces)
        {
            Smallest = 0;
            return;
        }

        while (_withCount[Smallest] == 0) Smallest++;
    }
}
