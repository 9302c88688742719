using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Topology;

/// <summary>
/// Some pods and how many of them are in each place, kept as pods come and go. All constraints that mean the same pods and the same kind of place share one.
/// </summary>
sealed class Term(Places places, LabelSelector? selector, IReadOnlyList<string> namespaces, LabelSelector? namespaceSelector)
{
    public Places Places => places;

    public LabelSelector? Selector => selector;

    /// <summary>How many of the pods are in each place.</summary>
    public int[] Matching { get; } = new int[places.Names.Count];

    /// <summary>How many pods are in each place that refuse to be in one place with the pods that are meant.</summary>
    public int[] Refusing { get; } = new int[places.Names.Count];

    /// <summary>How much the pods in each place would like the pods that are meant to be there too, as a sum of weights.</summary>
    public long[] Wanting { get; } = new long[places.Names.Count];

    /// <summary>How many of the pods there are, in whatever place.</summary>
    public int Total { get; private set; }

    public bool Matches(string @namespace, IReadOnlyDictionary<string, string> labels, Func<string, IReadOnlyDictionary<string, string>> labelsOfNamespace) =>
        selector is not null
        && (namespaces.Contains(@namespace) || (namespaceSelector is not null && namespaceSelector.Matches(labelsOfNamespace(@namespace))))
        && selector.Matches(labels);

    public void Count(int node, int change)
    {
        var place = places.Of[node];
        if (place < 0) return;
        Matching[place] += change;
        Total += change;
    }

    public void CountRefusing(int node, int change)
    {
        var place = places.Of[node];
        if (place >= 0) Refusing[place] += change;
    }

    public void CountWanting(int node, int change)
    {
        var place = places.Of[node];
        if (place >= 0) Wanting[place] += change;
    }

    public void Clear()
    {
        Array.Clear(Matching);
        Array.Clear(Refusing);
        Array.Clear(Wanting);
        Total = 0;
    }

    /// <summary>The labels that decide whether a pod is meant.</summary>
    public IEnumerable<string> LabelNames => selector is null ? [] : selector.MatchLabels.Keys.Concat(selector.MatchExpressions.Select(each => each.Key));
}

/// <summary>A constraint that keeps the numbers of pods in the places of a term close to one another.</summary>
/// <param name="Own">1 when the pod itself is one of those that are counted.</param>
/// <param name="MinPlaces">With fewer places than this the smallest number counts as 0.</param>
sealed record Spread(Term Term, int MaxSkew, int MinPlaces, bool Required, int Own);

/// <summary>A wish for or, with a negative weight, against the company of the term's pods.</summary>
sealed record Liking(Term Term, int Weight)
{
    /// <summary>What a pod that had to be near the term's pods weighs for those that come later: kube-scheduler's hardPodAffinityWeight.</summary>
    public const int OfRequired = 1;
}

/// <summary>What placements see of a pod itself: its namespace, those of its labels that any term asks for, and by that the terms it is counted in.</summary>
sealed class Identity(int number, string @namespace, IReadOnlyDictionary<string, string> labels)
{
    readonly List<Term> _matched = [];
    int _asked;

    public int Number => number;

    /// <summary>The terms that mean this pod, of all that are known by now.</summary>
    public IReadOnlyList<Term> Matched(Fleet fleet)
    {
        for (; _asked < fleet.Terms.Count; _asked++)
            if (fleet.Terms[_asked].Matches(@namespace, labels, fleet.LabelsOfNamespace)) _matched.Add(fleet.Terms[_asked]);
        return _matched;
    }
}
