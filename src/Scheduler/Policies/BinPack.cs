using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>
/// Fills nodes so that what is left of them stays of use. First, a pod that can choose between kinds of node takes one that the others need less
/// (<see cref="SupplyPlan"/>). Then it goes where the least becomes useless to the pods that usually come: the idea of fragmentation gradient descent (Weng et al.,
/// USENIX ATC 2023), here for cpu and memory too, over the pods that may use the node at all, and in steps that are coarse while there is plenty and finer as it runs
/// out; with few steps most nodes are equal, and the first of equals is taken, which keeps the others whole. Devices that the node's cpu or memory will not last for,
/// when pods go on coming in their usual proportions, are useless as well, before any one pod is refused for it. A node in use goes before one that is empty.
/// </summary>
sealed class BinPack : Policy
{
    readonly Memo _memo = new();

    public override string Name => Profiles.BinPack;

    /// <summary>Steps of a node's share of cpu and memory.</summary>
    const int StepsOfNode = 8;

    /// <summary>So much of a node may become useless before an empty one is begun. More packs fewer nodes while there is room, and wastes more once there is none.</summary>
    const int StepsBeforeEmpty = 2;

    /// <summary>Steps of what the pod itself takes of devices, or of one device where that is less, before they run out.</summary>
    const int StepsOfAsk = 3;

    /// <summary>Small shares count as this, in thousandths, so that their steps are not finer than everybody else's.</summary>
    const int SmallestShare = 100;

    /// <summary>How much devices that will starve count beside parts that a pod can't use today: a node that runs out of memory strands all its devices at once.</summary>
    const int StarvedWeight = 2;

    const int Middle = 1 << 21;

    public override uint Score(Fleet fleet, Shape shape, int node)
    {
        var inUse = fleet.PodsOn(node).Count > 0;
        var steps = shape.Ask.WantsGpu || fleet.DevicesOf(node).Length > 0
            ? DeviceSteps(fleet, shape.Ask, node)
            : NodeSteps(fleet, shape.Ask, node) + (inUse ? 0 : StepsBeforeEmpty);
        var score = Middle - Math.Clamp(steps, -(Middle - 1), Middle - 1);
        return ((uint)score << 1) | (inUse ? 1u : 0);
    }

    public override int VersionOf(Fleet fleet) => fleet.Demand.Version;

    public override int CostOf(Fleet fleet, Shape shape, int kind) => shape.Ask.WantsGpu ? fleet.Demand.CostOf(shape, kind) : 0;

    /// <summary>By how much the device parts that typical pods can't use grow, in steps.</summary>
    int DeviceSteps(Fleet fleet, in Ask ask, int node)
    {
        var at = node * fleet.Stride;
        var (cpu, memory) = (fleet.Free[at + Amounts.Cpu], fleet.Free[at + Amounts.Memory]);
        var before = fleet.DevicesOf(node);
        Span<short> after = stackalloc short[before.Length];
        before.CopyTo(after);
        Fleet.Without(after, ask);
        var kind = fleet.Demand.Kinds.Of(node);
        var grown = Useless(fleet, kind, cpu - ask.Values[Amounts.Cpu], memory - ask.Values[Amounts.Memory], after) - Useless(fleet, kind, cpu, memory, before);
        var share = ask.WantsGpu ? (double)Math.Clamp(ask.Values[Amounts.Gpu], SmallestShare, Amounts.Device) : SmallestShare;
        // A pod without devices comes to a node with devices last of all: the node's cpu is what its devices are fed by.
        var foreign = ask.WantsGpu ? 0 : Middle / 2;
        return foreign + (int)Math.Round(grown / share * StepsOfAsk * fleet.Demand.Fineness);
    }

    double Useless(Fleet fleet, int kind, long cpu, long memory, ReadOnlySpan<short> devices)
    {
        var version = fleet.Demand.Version;
        var state = Memo.StateOf(kind, cpu, memory, devices);
        if (_memo.TryGet(state, version, out var known)) return known;
        var useless = Useless(fleet.Demand.TypicalOf(kind), cpu, memory, devices);
        _memo.Set(state, version, useless);
        return useless;
    }

    static double Useless(TypicalAsks typical, long cpu, long memory, ReadOnlySpan<short> devices)
    {
        Span<short> parts = stackalloc short[devices.Length];
        int free = 0, whole = 0, largest = 0, count = 0;
        foreach (var each in devices)
        {
            free += each;
            if (each == Amounts.Device) whole++;
            else if (each > 0) parts[count++] = each;
            if (each > largest) largest = each;
        }

        if (free == 0) return 0;
        parts = parts[..count];
        var sum = StarvedWeight * Math.Max(0, free - typical.Feedable(cpu, memory));
        foreach (ref readonly var each in typical.WithDevices.AsSpan())
        {
            var useless = 0;
            if (each.Cpu > cpu || each.Memory > memory || each.Devices > whole || each.Share > largest) useless = free;
            else
            {
                foreach (var part in parts)
                    if (part < each.Least) useless += part;
            }

            sum += each.Weight * useless;
        }

        return sum;
    }

    /// <summary>By how much the cpu and memory that typical pods can't use grow, in steps.</summary>
    static int NodeSteps(Fleet fleet, in Ask ask, int node)
    {
        var typical = fleet.Demand.TypicalOf(fleet.Demand.Kinds.Of(node)).Without;
        var at = node * fleet.Stride;
        var (cpu, memory) = (fleet.Free[at + Amounts.Cpu], fleet.Free[at + Amounts.Memory]);
        var weights = fleet.Demand.Weights;
        var (perCpu, perMemory) = (weights.Cpu / Math.Max(1, fleet.Allocatable[at + Amounts.Cpu]), weights.Memory / Math.Max(1, fleet.Allocatable[at + Amounts.Memory]));
        var grown = Useless(typical, cpu - ask.Values[Amounts.Cpu], memory - ask.Values[Amounts.Memory], perCpu, perMemory) - Useless(typical, cpu, memory, perCpu, perMemory);
        return (int)Math.Round(grown * StepsOfNode);
    }

    static double Useless(Typical[] typical, long cpu, long memory, double perCpu, double perMemory)
    {
        double shut = 0;
        foreach (ref readonly var each in typical.AsSpan())
            if (each.Cpu > cpu || each.Memory > memory) shut += each.Weight;
        return shut * ((Math.Max(0, cpu) * perCpu) + (Math.Max(0, memory) * perMemory));
    }
}
