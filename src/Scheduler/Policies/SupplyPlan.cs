namespace Orchestrator.Scheduler.Policies;

/// <summary>
/// How what is left of each kind of node goes round, if pods go on asking as they did until it is used up: every constraint's demand is poured over the kinds that
/// serve it so that no kind is fuller than it must be (water filling, repeated until the demands agree). It tells pods that can choose which kinds others need more,
/// and which will run out of what they want much of (<see cref="Scarcity"/>).
/// </summary>
sealed class SupplyPlan
{
    public static readonly SupplyPlan None = new([], [], []);

    /// <summary>So many rounds bring the levels within a few thousandths of their ends.</summary>
    const int Rounds = 24;

    /// <summary>A kind that is fuller than the least full one by this share is dearer by one step.</summary>
    const double Step = 0.05;

    /// <summary>Each fifth of a kind that others need who have less choice makes it dearer by one step.</summary>
    const double Fifth = 0.2;

    const int MostSteps = 15;

    readonly Kind[] _kinds;
    readonly int[][] _serving; // by constraint
    readonly double[][] _needed; // by constraint and kind: the share that those with less choice need

    SupplyPlan(Kind[] kinds, int[][] serving, double[][] needed) => (_kinds, _serving, _needed) = (kinds, serving, needed);

    /// <summary>How dear each kind is to pods that ask for this, 0 to 255.</summary>
    public byte[] CostsOf(int constraint, Volume ask)
    {
        var costs = new byte[_kinds.Length];
        if (constraint < 0 || constraint >= _serving.Length || _serving[constraint].Length == 0) return costs;
        var least = _serving[constraint].Min(kind => _kinds[kind].LevelFor(ask));
        foreach (var kind in _serving[constraint])
        {
            var fuller = least <= 0 ? 0 : ((_kinds[kind].LevelFor(ask) / least) - 1) / Step;
            costs[kind] = (byte)((Math.Clamp((int)fuller, 0, MostSteps) << 4) | Math.Clamp((int)(_needed[constraint][kind] / Fifth), 0, MostSteps));
        }

        return costs;
    }

    /// <param name="served">For each constraint the kinds that serve it.</param>
    /// <param name="wanted">How much each constraint's pods asked for so far; only the proportions matter.</param>
    /// <param name="free">What is left of each kind.</param>
    public static SupplyPlan Of(IReadOnlyList<bool[]> served, Volume[] wanted, Volume[] free)
    {
        var left = free.Select(each => Math.Max(each.Gpu, 1)).ToArray();
        var serving = served.Select(each => Enumerable.Range(0, left.Length).Where(kind => each[kind] && free[kind].Gpu > 0).ToArray()).ToArray();
        var scale = left.Sum() / Math.Max(1, wanted.Sum(each => each.Gpu));
        var poured = served.Select(_ => new double[left.Length]).ToArray();
        var load = new double[left.Length];
        for (var round = 0; round < Rounds; round++)
            for (var at = 0; at < served.Count; at++) Pour(wanted[at].Gpu * scale, serving[at], poured[at], load, left);
        var loads = Enumerable.Range(0, left.Length).Select(kind => LoadOf(kind, wanted, poured)).ToArray();
        var kinds = Enumerable.Range(0, left.Length).Select(kind => KindOf(kind, served, loads, free)).ToArray();
        return new SupplyPlan(kinds, serving, [.. served.Select((_, at) => Needed(at, served, poured, serving[at], left))]);
    }

    static void Pour(double amount, int[] kinds, double[] poured, double[] load, double[] left)
    {
        foreach (var kind in kinds) load[kind] -= poured[kind];
        Array.Sort(kinds, (a, b) => (load[a] / left[a]).CompareTo(load[b] / left[b]));
        double room = 0, there = 0, level = 0;
        for (var i = 0; i < kinds.Length; i++)
        {
            room += left[kinds[i]];
            there += load[kinds[i]];
            level = (there + amount) / room;
            if (i + 1 < kinds.Length && level <= load[kinds[i + 1]] / left[kinds[i + 1]]) break;
        }

        foreach (var kind in kinds)
        {
            poured[kind] = Math.Max(0, (level * left[kind]) - load[kind]);
            load[kind] += poured[kind];
        }
    }

    static Volume LoadOf(int kind, Volume[] wanted, double[][] poured)
    {
        var load = default(Volume);
        for (var at = 0; at < wanted.Length; at++)
            if (wanted[at].Gpu > 0) load += poured[at][kind] / wanted[at].Gpu * wanted[at];
        return load;
    }

    /// <summary>Kinds that the same constraints choose are alike but for their sizes.</summary>
    static Kind KindOf(int kind, IReadOnlyList<bool[]> served, Volume[] loads, Volume[] free)
    {
        var (load, left) = (default(Volume), default(Volume));
        for (var other = 0; other < free.Length; other++)
        {
            if (other != kind && (free[other].Gpu <= 0 || !served.All(each => each[other] == each[kind]))) continue;
            load += loads[other];
            left += free[other];
        }

        return new Kind(loads[kind].Gpu / Math.Max(1, free[kind].Gpu), Scarcity.Of(load, left), Scarcity.Of(loads[kind], free[kind]));
    }

    static double[] Needed(int at, IReadOnlyList<bool[]> served, double[][] poured, int[] serving, double[] left)
    {
        var needed = new double[left.Length];
        foreach (var kind in serving)
        {
            for (var other = 0; other < served.Count; other++)
                if (other != at && HasLessChoice(served[other], served[at])) needed[kind] += poured[other][kind] / left[kind];
        }

        return needed;
    }

    static bool HasLessChoice(bool[] other, bool[] than)
    {
        var fewer = false;
        for (var kind = 0; kind < other.Length; kind++)
        {
            if (other[kind] && !than[kind]) return false;
            fewer |= than[kind] && !other[kind];
        }

        return fewer;
    }

    /// <param name="Level">How full it will be, as a share of what it has.</param>
    /// <param name="Scarce">What it and those that the same constraints choose run out of.</param>
    /// <param name="ScarceHere">What it runs out of by itself.</param>
    readonly record struct Kind(double Level, Scarcity Scarce, Scarcity ScarceHere)
    {
        /// <summary>How full it is to pods that ask for this. Between sizes of the same only what is twice as dear counts, since fitting well is worth more.</summary>
        public double LevelFor(Volume ask)
        {
            var used = Scarce.UsedBy(ask);
            return Level * used * (used <= 0 ? 1 : Math.Max(1, Math.Round(ScarceHere.UsedBy(ask) / used)));
        }
    }
}
