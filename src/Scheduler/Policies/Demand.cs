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

    readonly Dictionary<(long Cpu, long Memory, long Gpu, Constraint Constraint), Entry> _entries = [];
    long _count;
    long _nextTypical = 1;
    long _nextPlan = 1;
    TypicalAsks[] _typical = [];
    SupplyPlan _plan = SupplyPlan.None;

    /// <summary>Grows when the typical asks or the kinds of nodes are others than before.</summary>
    public int Version { get; private set; }

    public NodeKinds Kinds { get; } = new(fleet);

    /// <summary>How much finer scores become as devices run out: a power of two.</summary>
    public int Fineness { get; private set; } = 1;

    /// <summary>How much of the demand is for cpu and how much for memory, as shares of what there is; both together are 2.</summary>
    public (double Cpu, double Memory) Weights { get; private set; } = (1, 1);

    /// <summary>The typical asks that nodes of a kind may serve.</summary>
    public TypicalAsks TypicalOf(int kind) => kind < _typical.Length ? _typical[kind] : TypicalAsks.None;

    /// <summary>How dear a kind is to pods of a shape that were seen and want devices, 0 to 255.</summary>
    public int CostOf(Shape shape, int kind) => shape.Seen is { } seen && seen.CostsBy(_plan, Kinds.NumberOf(seen.Constraint)) is { Length: > 0 } costs ? costs[kind] : 0;

    /// <summary>Takes note of one more pod that is to be placed.</summary>
    public void See(Shape shape)
    {
        Remember(shape);
        if (_count >= _nextTypical) Retype();
        if (_count >= _nextPlan) Replan();
    }

    /// <summary>Takes note of a pod that has its node: more like it may come.</summary>
    public void Remember(Shape shape)
    {
        var ask = shape.Ask;
        if (ask.WantsGpu && Kinds.PartBy(shape.Constraint)) (_nextTypical, _nextPlan) = (0, 0);
        var key = (ask.Values[Amounts.Cpu], ask.Values[Amounts.Memory], ask.Values[Amounts.Gpu], ask.WantsGpu ? shape.Constraint : null!);
        if (shape.Seen is null && !_entries.TryGetValue(key, out var entry)) shape.Seen = _entries[key] = new Entry(ask, shape.Constraint) { Number = _entries.Count };
        else if (shape.Seen is null) shape.Seen = _entries[key];
        shape.Seen.Count++;
        _count++;
    }

    void Retype()
    {
        _nextTypical = Math.Max(_count + 1, _count + (_count / 4));
        var common = _entries.Values.OrderByDescending(entry => entry.Count).ThenBy(entry => entry.Number).Take(MostTypical).ToList();
        _typical = new TypicalAsks[Kinds.Count];
        for (var kind = 0; kind < Kinds.Count; kind++)
        {
            var served = common.Where(entry => !entry.Ask.WantsGpu || Kinds.Serves(kind, entry.Constraint)).ToList();
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
        if (Kinds.Constraints == 0) return;
        var free = new Volume[Kinds.Count];
        double left = 0, whole = 0;
        foreach (var node in fleet.InOrder)
        {
            var at = node * fleet.Stride;
            if (fleet.Allocatable[at + Amounts.Gpu] <= 0) continue;
            var here = new Volume(Math.Max(0, fleet.Free[at + Amounts.Gpu]), Math.Max(0, fleet.Free[at + Amounts.Cpu]), Math.Max(0, fleet.Free[at + Amounts.Memory]));
            free[Kinds.Of(node)] += here;
            left += here.Gpu;
            whole += fleet.Allocatable[at + Amounts.Gpu];
        }

        var wanted = new Volume[Kinds.Constraints];
        foreach (var entry in _entries.Values)
            if (entry.Ask.WantsGpu && Kinds.NumberOf(entry.Constraint) is var at and >= 0) wanted[at] += entry.Count * entry.Volume;
        _plan = SupplyPlan.Of(Kinds.Served, wanted, free);
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

        public Volume Volume { get; } = new(ask.Values[Amounts.Gpu], ask.Values[Amounts.Cpu], ask.Values[Amounts.Memory]);

        SupplyPlan? _plan;
        byte[] _costs = [];

        public byte[] CostsBy(SupplyPlan plan, int constraint)
        {
            if (_plan != plan) (_plan, _costs) = (plan, plan.CostsOf(constraint, Volume));
            return _costs;
        }
    }
}

/// <summary>The asks that pods often have: of those that want devices, and of the others.</summary>
sealed record TypicalAsks(Typical[] WithDevices, Typical[] Without)
{
    public static readonly TypicalAsks None = new([], []);

    /// <summary>What the pods that want devices take all together.</summary>
    readonly Volume _mean = WithDevices.Aggregate(default(Volume), (sum, each) => sum + (each.Weight * each.Volume));

    /// <summary>So many thousandths of devices can be used with this cpu and memory, by pods in their usual proportions.</summary>
    public double Feedable(long cpu, long memory) => Math.Min(PerDevice(cpu, _mean.Cpu), PerDevice(memory, _mean.Memory));

    double PerDevice(long amount, double mean) => mean <= 0 ? double.PositiveInfinity : amount * _mean.Gpu / mean;
}

/// <summary>An ask that pods often have.</summary>
/// <param name="Least">The smallest part of a device that it can use, in thousandths.</param>
/// <param name="Weight">Its share of the pods that want devices, or of those that don't.</param>
readonly record struct Typical(long Cpu, long Memory, int Devices, int Share, int Least, double Weight)
{
    public Volume Volume => new((Devices * (double)Amounts.Device) + Share, Cpu, Memory);

    public static Typical Of(in Ask ask, double weight) => new(
        ask.Values[Amounts.Cpu], ask.Values[Amounts.Memory], ask.Devices, ask.Share, ask.Devices > 0 ? Amounts.Device : ask.Share, weight);
}
