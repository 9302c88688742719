using Orchestrator.Scheduler.Asks;
using Orchestrator.Scheduler.Filters;
using Orchestrator.Scheduler.Topology;

namespace Orchestrator.Scheduler.Ranking;

/// <summary>
/// What a shape asks of the pods around it, parted into what a node by itself decides (places of one node) and what larger places decide.
/// </summary>
sealed class Company
{
    readonly Asked _local;
    readonly Asked _wide;
    readonly int[] _smallest;

    public Company(Fleet fleet, Shape shape)
    {
        var matched = shape.Identity.Matched(fleet);
        _local = Asked.Of(shape, matched, places => places.OneNodeEach);
        _wide = Asked.Of(shape, matched, places => !places.OneNodeEach);
        Larger = [.. _wide.All.Select(term => term.Places).Distinct()];
        _smallest = new int[_wide.Spreads.Length];
        WideCounts = [.. _wide.Spreads.Select(spread => new SmallestCount(spread))];
    }

    /// <summary>The kinds of place that hold more than one node.</summary>
    public Places[] Larger { get; }

    public Spread[] LocalSpreads => _local.Spreads;

    SmallestCount[] WideCounts { get; }

    /// <summary>Looks anew at what holds for all places together.</summary>
    public void Update()
    {
        for (var i = 0; i < _smallest.Length; i++)
        {
            WideCounts[i].Recount();
            _smallest[i] = WideCounts[i].Smallest;
        }
    }

    public bool AllowsLocally(int node, bool first)
    {
        foreach (var term in _local.Near)
            if (!Filter.NearHolds(term, term.Places.Of[node], first)) return false;
        foreach (var term in _local.Far)
            if (!Filter.FarHolds(term, term.Places.Of[node])) return false;
        foreach (var term in _local.Matched)
            if (!Filter.IsWelcome(term, term.Places.Of[node])) return false;
        return true;
    }

    /// <param name="places">The place of each of the kinds of <see cref="Larger"/>.</param>
    public bool Allows(int[] places, bool first)
    {
        foreach (var term in _wide.Near)
            if (!Filter.NearHolds(term, At(term, places), first)) return false;
        foreach (var term in _wide.Far)
            if (!Filter.FarHolds(term, At(term, places))) return false;
        foreach (var term in _wide.Matched)
            if (!Filter.IsWelcome(term, At(term, places))) return false;
        for (var i = 0; i < _smallest.Length; i++)
            if (!Filter.SpreadHolds(_wide.Spreads[i], At(_wide.Spreads[i].Term, places), _smallest[i])) return false;
        return true;
    }

    public int LocalBonusOf(int node)
    {
        var bonus = 0;
        foreach (var liking in _local.Likings) bonus += Preferences.Of(liking, liking.Term.Places.Of[node]);
        foreach (var term in _local.Matched) bonus += Preferences.Of(term, term.Places.Of[node]);
        foreach (var spread in _local.Wishes) bonus += Preferences.Of(spread, spread.Term.Places.Of[node]);
        return bonus;
    }

    public int BonusOf(int[] places)
    {
        var bonus = 0;
        foreach (var liking in _wide.Likings) bonus += Preferences.Of(liking, At(liking.Term, places));
        foreach (var term in _wide.Matched) bonus += Preferences.Of(term, At(term, places));
        foreach (var spread in _wide.Wishes) bonus += Preferences.Of(spread, At(spread.Term, places));
        return bonus;
    }

    int At(Term term, int[] places) => places[Array.IndexOf(Larger, term.Places)];

    /// <summary>The part of what is asked whose places are of one kind.</summary>
    sealed record Asked(Term[] Near, Term[] Far, Term[] Matched, Spread[] Spreads, Spread[] Wishes, Liking[] Likings)
    {
        public IEnumerable<Term> All => [.. Near, .. Far, .. Matched, .. Spreads.Select(each => each.Term), .. Wishes.Select(each => each.Term), .. Likings.Select(each => each.Term)];

        public static Asked Of(Shape shape, IReadOnlyList<Term> matched, Func<Places, bool> chosen) => new(
            [.. shape.Near.Where(term => chosen(term.Places))],
            [.. shape.Far.Where(term => chosen(term.Places))],
            [.. matched.Where(term => chosen(term.Places))],
            [.. shape.Spreads.Where(each => each.Required && chosen(each.Term.Places))],
            [.. shape.Spreads.Where(each => !each.Required && chosen(each.Term.Places))],
            [.. shape.Likings.Where(each => chosen(each.Term.Places))]);
    }
}

/// <summary>What wishes weigh, in the units of a node affinity's weight times two.</summary>
static class Preferences
{
    /// <summary>One more pod of the same owner on a node: a machine that fails should take as few of them with it as can be.</summary>
    public const int Sibling = 200;

    /// <summary>A node that is in no place at all, where places are to be even.</summary>
    const int Placeless = -20_000;

    const int Full = 200;

    /// <summary>The most that company may weigh, so that sums stay far from the ends of an int.</summary>
    const int Most = 100_000_000;

    public static int Of(Liking liking, int place) => place < 0 ? 0 : (int)Math.Clamp(2L * liking.Weight * liking.Term.Matching[place], -Most, Most);

    /// <summary>What the pods that are in a place already wish of those that a term means.</summary>
    public static int Of(Term term, int place) => place < 0 ? 0 : (int)Math.Clamp(2L * term.Wanting[place], -Most, Most);

    public static int Of(Spread spread, int place) => place < 0 ? Placeless : (int)Math.Max(-Most, -(long)Full * spread.Term.Matching[place] / spread.MaxSkew);
}
