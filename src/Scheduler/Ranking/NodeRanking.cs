using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;

namespace Orchestrator.Scheduler.Ranking;

/// <summary>
/// The nodes that will do for one shape, by how good they are, kept while pods come and go. Nodes that share all larger places (zones, racks) are a cell:
/// what only the places decide is asked once of a cell, what the node decides is kept in the cell's tournament.
/// </summary>
sealed class NodeRanking
{
    readonly Fleet _fleet;
    readonly Shape _shape;
    readonly Company _company;
    readonly Cell[] _cells;
    readonly int[] _cellOf; // by node; -1 for one that is not eligible
    readonly int[] _placeIn; // by node: where in its cell
    readonly SmallestCount[] _local;
    int _seen;
    readonly int _kinds;
    readonly int _terms;
    int _policyVersion;
    bool _first;
    bool _fresh;

    public NodeRanking(Fleet fleet, Shape shape)
    {
        (_fleet, _shape) = (fleet, shape);
        _company = new Company(fleet, shape);
        (_terms, _kinds) = (fleet.Terms.Count, fleet.Demand.Kinds.Version);
        var eligible = shape.Constraint.Eligible;
        _cells = Cells(eligible);
        _cellOf = new int[fleet.Nodes.Count];
        _placeIn = new int[fleet.Nodes.Count];
        Array.Fill(_cellOf, -1);
        for (var cell = 0; cell < _cells.Length; cell++)
        {
            for (var i = 0; i < _cells[cell].Nodes.Length; i++) (_cellOf[_cells[cell].Nodes[i]], _placeIn[_cells[cell].Nodes[i]]) = (cell, i);
        }

        _local = [.. _company.LocalSpreads.Select(spread => new SmallestCount(spread))];
    }

    /// <summary>How much is kept, in nodes.</summary>
    public int Size => _fleet.Nodes.Count;

    /// <summary>Whether it still sees everything that there is to count.</summary>
    public bool IsCurrent => _terms == _fleet.Terms.Count && _kinds == _fleet.Demand.Kinds.Version;

    /// <summary>The best node, or -1 when none will do.</summary>
    public int Best()
    {
        CatchUp();
        var (best, bestKey) = (-1, Ranked.Never);
        foreach (var cell in _cells)
        {
            var at = cell.Ranked.Best;
            if (at < 0 || !_company.Allows(cell.Places, _first)) continue;
            var key = cell.Ranked[at] + ((long)_company.BonusOf(cell.Places) << ScoreBits) + CheapnessOf(_fleet, _shape, cell.Kind);
            var node = cell.Nodes[at];
            if (best >= 0 && (key < bestKey || (key == bestKey && node > best))) continue;
            (best, bestKey) = (node, key);
        }

        return best;
    }

    /// <summary>The score's bits in a key; what is preferred stands above them, so that no score outweighs a preference.</summary>
    const int ScoreBits = 32;

    /// <summary>What the node's kind adds to a key.</summary>
    public static long CheapnessOf(Fleet fleet, Shape shape, int kind) => (long)(MostCost - shape.Policy.CostOf(fleet, shape, kind)) << CostShift;

    const int MostCost = 255;
    const int CostShift = 23;

    /// <summary>How good a node is by itself; <see cref="Ranked.Never"/> when it will not do.</summary>
    /// <param name="at">Where among the eligible nodes it stands.</param>
    public static long KeyOf(Fleet fleet, Shape shape, int node, int at)
    {
        if (Filter.Room(fleet, shape, node) != Rule.None) return Ranked.Never;
        var bonus = shape.Constraint.Bonus?[at] ?? 0;
        if (shape.Owner is { } owner) bonus -= Preferences.Sibling * fleet.SiblingsOn(node, owner);
        return ((long)bonus << ScoreBits) | shape.Policy.Score(fleet, shape, node);
    }

    void CatchUp()
    {
        var changes = _fleet.Changes;
        _company.Update();
        var smallest = false;
        var missed = changes.Count - _seen;
        if (_fresh && missed <= _fleet.Nodes.Count)
        {
            for (var i = _seen; i < changes.Count; i++)
                foreach (var count in _local) smallest |= count.Follow(changes[i]);
        }

        var version = _shape.Policy.VersionOf(_fleet);
        var first = Filter.IsFirst(_shape);
        if (!_fresh || smallest || missed > _fleet.Nodes.Count || version != _policyVersion || first != _first) RankAll(version, first);
        else
        {
            for (var i = _seen; i < changes.Count; i++)
            {
                var node = changes[i];
                if (_cellOf[node] < 0 || _fleet.LastChange[node] != i) continue;
                var cell = _cells[_cellOf[node]];
                cell.Ranked.Change(_placeIn[node], Key(cell, _placeIn[node]));
            }
        }

        _seen = changes.Count;
    }

    void RankAll(int version, bool first)
    {
        (_fresh, _policyVersion, _first) = (true, version, first);
        foreach (var count in _local) count.Recount();
        foreach (var cell in _cells)
        {
            for (var i = 0; i < cell.Nodes.Length; i++) cell.Ranked.Place(i, Key(cell, i));
            cell.Ranked.Play();
        }
    }

    long Key(Cell cell, int at)
    {
        var node = cell.Nodes[at];
        if (!_company.AllowsLocally(node, _first)) return Ranked.Never;
        foreach (var count in _local)
            if (!Filter.SpreadHolds(count.Spread, count.Spread.Term.Places.Of[node], count.Smallest)) return Ranked.Never;
        var key = KeyOf(_fleet, _shape, node, cell.At[at]);
        return key == Ranked.Never ? key : key + ((long)_company.LocalBonusOf(node) << ScoreBits);
    }

    Cell[] Cells(int[] eligible)
    {
        var larger = _company.Larger;
        if (larger.Length == 0 && _fleet.Demand.Kinds.Count == 1) return [new Cell([], 0, eligible, [.. Enumerable.Range(0, eligible.Length)])];
        var byPlaces = new Dictionary<string, (int[] Places, int Kind, List<int> Nodes, List<int> At)>(StringComparer.Ordinal);
        for (var i = 0; i < eligible.Length; i++)
        {
            var node = eligible[i];
            int[] places = [.. larger.Select(each => each.Of[node])];
            var kind = _fleet.Demand.Kinds.Of(node);
            var text = $"{kind} {string.Join(',', places)}";
            if (!byPlaces.TryGetValue(text, out var cell)) byPlaces[text] = cell = (places, kind, [], []);
            cell.Nodes.Add(node);
            cell.At.Add(i);
        }

        return [.. byPlaces.Values.Select(cell => new Cell(cell.Places, cell.Kind, [.. cell.Nodes], [.. cell.At]))];
    }

    /// <param name="Places">Its place of each larger kind.</param>
    /// <param name="At">Where among the eligible nodes each of its nodes stands.</param>
    sealed record Cell(int[] Places, int Kind, int[] Nodes, int[] At)
    {
        public Ranked Ranked { get; } = new(Nodes.Length);
    }
}
