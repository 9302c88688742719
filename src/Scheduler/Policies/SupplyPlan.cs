namespace Orchestrator.Scheduler.Policies;

/// <summary>
/// How what is left of each kind of node goes round, if pods go on asking as they did until it is used up: every constraint's demand is poured over the kinds that
/// serve it so that no kind is fuller than it must be (water filling, repeated until the demands agree). It tells pods that can choose which kinds others need more.
/// </summary>
sealed class SupplyPlan
{
    public static readonly SupplyPlan None = new([]);

    /// <summary>So many rounds bring the levels within a few thousandths of their ends.</summary>
    const int Rounds = 24;

    /// <summary>A kind that is fuller than the least full one by this share is dearer by one step.</summary>
    const double Step = 0.05;

    /// <summary>Each fifth of a kind that others need who have less choice makes it dearer by one step.</summary>
    const double Fifth = 0.2;

    const int MostSteps = 15;

    readonly byte[][] _costs;

    SupplyPlan(byte[][] costs) => _costs = costs;

    /// <summary>How dear a kind is to pods of a constraint, 0 to 255.</summary>
    public int CostOf(int constraint, int kind) => constraint < 0 || constraint >= _costs.Length ? 0 : _costs[constraint][kind];

    /// <param name="served">For each constraint the kinds that serve it.</param>
    /// <param name="wanted">How much each constraint's pods asked for so far; only the proportions matter.</param>
    /// <param name="free">What is left of each kind.</param>
    public static SupplyPlan Of(IReadOnlyList<bool[]> served, double[] wanted, double[] free)
    {
        var left = free.Select(each => Math.Max(each, 1)).ToArray();
        var kinds = Enumerable.Range(0, served.Count).Select(at => Enumerable.Range(0, left.Length).Where(kind => served[at][kind] && free[kind] > 0).ToArray()).ToArray();
        var scale = left.Sum() / Math.Max(1, wanted.Sum());
        var poured = served.Select(_ => new double[left.Length]).ToArray();
        var load = new double[left.Length];
        for (var round = 0; round < Rounds; round++)
            for (var at = 0; at < served.Count; at++) Pour(wanted[at] * scale, kinds[at], poured[at], load, left);
        return new SupplyPlan([.. served.Select((_, at) => Costs(at, served, poured, kinds, load, left))]);
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

    static byte[] Costs(int at, IReadOnlyList<bool[]> served, double[][] poured, int[][] kinds, double[] load, double[] left)
    {
        var costs = new byte[left.Length];
        if (kinds[at].Length == 0) return costs;
        var least = kinds[at].Min(kind => load[kind] / left[kind]);
        foreach (var kind in kinds[at])
        {
            var fuller = least <= 0 ? 0 : ((load[kind] / left[kind] / least) - 1) / Step;
            var needed = 0.0;
            for (var other = 0; other < served.Count; other++)
                if (other != at && HasLessChoice(served[other], served[at])) needed += poured[other][kind];
            costs[kind] = (byte)((Math.Clamp((int)fuller, 0, MostSteps) << 4) | Math.Clamp((int)(needed / left[kind] / Fifth), 0, MostSteps));
        }

        return costs;
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
}
