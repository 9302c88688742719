using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>
/// What pods have asked for so far, which is the best guess at what comes next: the typical asks with their shares, and for those that want devices which kinds
/// of node can serve them. A kind is all nodes that the same constraints choose.
/// </summary>
sealed class Demand(Fleet fleet)
{
    /// <summary>So many asks are told apart in scores; the rarest are left out.</summary>
    const int MostTypical = 160;

    /// <summary>So many constraints part the nodes into kinds; those that come later count as free to choose.</summary>
    const int MostConstraints = 48;

    readonly Dictionary<(long Cpu, long Memory, long Gpu, Constraint Constraint), Entry> _entries = [];
    readonly Dictionary<Constraint, int> _constraints = [];
    readonly int[] _kindOf = new int[fleet.Nodes.Count];
    readonly List<bool[]> _served = []; // by constraint, then by kind
    long _count;
    long _nextTypical = 1;
    long _nextPlan = 1;
    TypicalAsks[] _typical = [TypicalAsks.None];

    /// <summary>Grows when the typical asks or the kinds of nodes are others than before.</summary>
    public int Version { get; private set; }

    /// <summary>Grows when nodes are of other kinds than before.</summary>
    public int KindsVersion { get; private set; }

    public int Kinds { get; private set; } = 1;

    public SupplyPlan Plan { get; private set; } = SupplyPlan.None;

    /// <summary>How much finer scores become as devices run out: a power of two.</summary>
    public int Fineness { get; private set; } = 1;

    /// <summary>How much of the demand is for cpu and how much for memory, as shares of what there is; both together are 2.</summary>
    public (double Cpu, double Memory) Weights { get; private set; } = (1, 1);

    public int KindOf(int node) => _kindOf[node];

    /// <summary>The typical asks that nodes of a kind may serve.</summary>
    public TypicalAsks TypicalOf(int kind) => _typical[kind];

    public int ConstraintOf(Constraint constraint) => _constraints.GetValueOrDefault(constraint, -1);

    /// <summary>Takes note of one more pod that is to be placed.</summary>
    public void See(Shape shape)
    {
        var ask = shape.Ask;
        if (ask.WantsGpu) Register(shape.Constraint);
        var key = (ask.Values[Amounts.Cpu], ask.Values[Amounts.Memory], ask.Values[Amounts.Gpu], ask.WantsGpu ? shape.Constraint : null!);
        if (shape.Seen is null && !_entries.TryGetValue(key, out var entry)) shape.Seen = _entries[key] = new Entry(ask, shape.Constraint) { Number = _entries.Count };
        else if (shape.Seen is null) shape.Seen = _entries[key];
        shape.Seen.Count++;
        _count++;
        if (_count >= _nextTypical) Retype();
        if (_count >= _nextPlan) Replan();
    }

    void Register(Constraint constraint)
    {
        if (_kindOf.Length == 0 || _constraints.Count >= MostConstraints || _constraints.ContainsKey(constraint)) return;
        _constraints[constraint] = _constraints.Count;
        var eligible = new bool[fleet.Nodes.Count];
        foreach (var node in constraint.Eligible) eligible[node] = true;
        var kinds = new Dictionary<(int Before, bool Eligible), int>();
        for (var node = 0; node < _kindOf.Length; node++)
        {
            var key = (_kindOf[node], eligible[node]);
            if (!kinds.TryGetValue(key, out var kind)) kinds[key] = kind = kinds.Count;
            _kindOf[node] = kind;
        }

        var before = _served.ToList();
        _served.Clear();
        foreach (var served in before) _served.Add([.. kinds.OrderBy(each => each.Value).Select(each => served[each.Key.Before])]);
        _served.Add([.. kinds.OrderBy(each => each.Value).Select(each => each.Key.Eligible)]);
        Kinds = Math.Max(1, kinds.Count);
        KindsVersion++;
        Retype();
        Replan();
    }

    void Retype()
    {
        _nextTypical = Math.Max(_count + 1, _count + (_count / 4));
        var common = _entries.Values.OrderByDescending(entry => entry.Count).ThenBy(entry => entry.Number).Take(MostTypical).ToList();
        _typical = new TypicalAsks[Kinds];
        for (var kind = 0; kind < Kinds; kind++)
        {
            var served = common.Where(entry => !entry.Ask.WantsGpu || ConstraintOf(entry.Constraint) is var at && (at < 0 || _served[at][kind])).ToList();
            _typical[kind] = new TypicalAsks(Shares(served.Where(entry => entry.Ask.WantsGpu)), Shares(served.Where(entry => !entry.Ask.WantsGpu)));
        }

        Weights = Weighed();
        Version++;
    }

    static Typical[] Shares(IEnumerable<Entry> entries)
    {
        var all = entries.ToList();
        var sum = (double)all.Sum(entry => entry.Count);
        return [.. all.Select(entry => Typical.Of(entry.Ask, entry.Count / sum))];
    }

    (double, double) Weighed()
    {
        double cpu = 0, memory = 0, wholeCpu = 1, wholeMemory = 1;
        foreach (var entry in _entries.Values)
        {
            cpu += (double)entry.Count * entry.Ask.Values[Amounts.Cpu];
            memory += (double)entry.Count * entry.Ask.Values[Amounts.Memory];
        }

        foreach (var node in fleet.InOrder)
        {
            wholeCpu += fleet.Allocatable[(node * fleet.Stride) + Amounts.Cpu];
            wholeMemory += fleet.Allocatable[(node * fleet.Stride) + Amounts.Memory];
        }

        var sum = (cpu / wholeCpu) + (memory / wholeMemory);
        return sum <= 0 ? (1, 1) : (2 * cpu / wholeCpu / sum, 2 * memory / wholeMemory / sum);
    }

    void Replan()
    {
        // Often enough to follow what is left of each kind, seldom enough to cost little.
        const int PlansPerFilling = 8;
        _nextPlan = _count + Math.Clamp(_count / 4, 1, Math.Max(4, fleet.Nodes.Count / PlansPerFilling));
        if (_constraints.Count == 0) return;
        var free = new double[Kinds];
        double left = 0, whole = 0;
        foreach (var node in fleet.InOrder)
        {
            var at = (node * fleet.Stride) + Amounts.Gpu;
            free[_kindOf[node]] += Math.Max(0, fleet.Free[at]);
            left += Math.Max(0, fleet.Free[at]);
            whole += fleet.Allocatable[at];
        }

        var wanted = new double[_constraints.Count];
        foreach (var entry in _entries.Values)
            if (entry.Ask.WantsGpu && ConstraintOf(entry.Constraint) is var at and >= 0) wanted[at] += (double)entry.Count * entry.Ask.Values[Amounts.Gpu];
        Plan = SupplyPlan.Of(_served, wanted, free);
        var fineness = whole <= 0 ? 1 : 1 << (int)Math.Clamp(Math.Floor(Math.Log2(whole / Math.Max(1, left))), 0, MostFineness);
        if (fineness == Fineness) return;
        Fineness = fineness;
        Version++;
    }

    const int MostFineness = 4;

    /// <summary>Pods that ask for the same amounts of nodes that the same constraint chooses.</summary>
    public sealed class Entry(Ask ask, Constraint constraint)
    {
        public Ask Ask => ask;

        public Constraint Constraint => constraint;

        public int Number { get; init; }

        public int Count { get; set; }
    }
}

/// <summary>The asks that pods often have: of those that want devices, and of the others.</summary>
sealed record TypicalAsks(Typical[] WithDevices, Typical[] Without)
{
    public static readonly TypicalAsks None = new([], []);
}

/// <summary>An ask that pods often have.</summary>
/// <param name="Least">The smallest part of a device that it can use, in thousandths.</param>
/// <param name="Weight">Its share of the pods that want devices, or of those that don't.</param>
readonly record struct Typical(long Cpu, long Memory, int Devices, int Share, int Least, double Weight)
{
    public static Typical Of(in Ask ask, double weight) => new(
        ask.Values[Amounts.Cpu], ask.Values[Amounts.Memory], ask.Devices, ask.Share, ask.Devices > 0 ? Amounts.Device : ask.Share, weight);
}
