namespace Orchestrator.Scheduler.Topology;

/// <summary>The nodes by the value of one label: each value is a place, such as a zone or a host.</summary>
sealed class Places
{
    public int Number { get; }

    public string Key { get; }

    /// <summary>The place of each node; -1 for a node without the label, or that is left out.</summary>
    public int[] Of { get; }

    public IReadOnlyList<string> Names { get; }

    /// <summary>Whether no place has more than one node, so that a place is as good as a node.</summary>
    public bool OneNodeEach { get; }

    /// <param name="included">The nodes that belong to places; null for all.</param>
    public Places(int number, string key, Fleet fleet, Func<int, bool>? included)
    {
        (Number, Key) = (number, key);
        Of = new int[fleet.Nodes.Count];
        var names = new List<string>();
        var known = new Dictionary<string, int>(StringComparer.Ordinal);
        var sizes = new List<int>();
        foreach (var node in fleet.InOrder)
        {
            Of[node] = -1;
            if (!fleet.Nodes[node].Metadata.Labels.TryGetValue(key, out var name) || included?.Invoke(node) == false) continue;
            if (!known.TryGetValue(name, out var place))
            {
                known[name] = place = names.Count;
                names.Add(name);
                sizes.Add(0);
            }

            sizes[place]++;
            Of[node] = place;
        }

        Names = names;
        OneNodeEach = sizes.TrueForAll(size => size == 1);
    }
}
