using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler;

/// <summary>
/// The nodes with what is taken on each, laid out for placing many pods: numbers in arrays, labels by value, pods counted by place. It is the working copy of
/// one decision, and changes as that goes on.
/// </summary>
sealed partial class Fleet
{
    readonly Dictionary<string, int> _byName;
    readonly Dictionary<string, Dictionary<string, List<int>>> _byLabel = new(StringComparer.Ordinal);
    readonly FleetSettings _settings;

    public Fleet(IReadOnlyList<Node> nodes, FleetSettings settings)
    {
        Nodes = [.. nodes.OrderBy(node => settings.Seed == 0 ? 0 : Mixed(node.Name, settings.Seed)).ThenBy(node => node.Name, StringComparer.Ordinal)];
        _settings = settings;
        _byName = new Dictionary<string, int>(Nodes.Count, StringComparer.Ordinal);
        for (var i = 0; i < Nodes.Count; i++)
        {
            _byName[Nodes[i].Name] = i;
            foreach (var name in Nodes[i].Status.Allocatable.Keys)
                if (name != ResourceNames.Gpu && name != ResourceNames.GpuMilli) Amounts.ColumnOf(name);
        }

        InOrder = [.. Enumerable.Range(0, Nodes.Count)];
        HasPreferredTaints = Nodes.Any(node => node.Spec.Taints.Any(taint => taint.Effect == TaintEffect.PreferNoSchedule));
        HasImages = Nodes.Any(node => node.Status.Images.Count > 0);
        Stride = Amounts.Count + SpareColumns;
        Allocatable = new long[Nodes.Count * Stride];
        _devices = new short[Nodes.Count][];
        WholeDevices = new int[Nodes.Count];
        LargestShare = new int[Nodes.Count];
        _pods = new List<Occupant>?[Nodes.Count];
        _ports = new List<HostPort>?[Nodes.Count];
        _owners = new Dictionary<string, int>?[Nodes.Count];
        LastChange = new int[Nodes.Count];
        for (var i = 0; i < Nodes.Count; i++) Furnish(i);
        Free = [.. Allocatable];
        Demand = new Policies.Demand(this);
    }

    /// <summary>Columns kept for resources that no node has and a pod asks for.</summary>
    const int SpareColumns = 3;

    public Amounts Amounts { get; } = new();

    /// <summary>The nodes in the order in which the first of equals is taken: by name, or shuffled by the seed.</summary>
    public IReadOnlyList<Node> Nodes { get; }

    public IReadOnlyList<int> InOrder { get; }

    public bool HasPreferredTaints { get; }

    public bool HasImages { get; }

    /// <summary>What pods ask for, by those that were seen.</summary>
    public Policies.Demand Demand { get; }

    /// <summary>The columns of a node in <see cref="Free"/> and <see cref="Allocatable"/>.</summary>
    public int Stride { get; private set; }

    public long[] Allocatable { get; private set; }

    public long[] Free { get; private set; }

    /// <summary>How many devices of each node are wholly free.</summary>
    public int[] WholeDevices { get; }

    /// <summary>The largest free part of one device on each node, in thousandths.</summary>
    public int[] LargestShare { get; }

    public ReadOnlySpan<short> DevicesOf(int node) => _devices[node];

    public int? Find(string name) => _byName.TryGetValue(name, out var node) ? node : null;

    public IReadOnlyList<int> WithLabel(string name, string value)
    {
        if (!_byLabel.TryGetValue(name, out var values))
        {
            values = new Dictionary<string, List<int>>(StringComparer.Ordinal);
            foreach (var node in InOrder)
            {
                if (!Nodes[node].Metadata.Labels.TryGetValue(name, out var actual)) continue;
                if (!values.TryGetValue(actual, out var nodes)) values[actual] = nodes = [];
                nodes.Add(node);
            }

            _byLabel[name] = values;
        }

        return values.TryGetValue(value, out var found) ? found : [];
    }

    public IReadOnlyDictionary<string, string> LabelsOfNamespace(string name) => _settings.LabelsOfNamespace(name);

    void Furnish(int node)
    {
        var at = node * Stride;
        long devices = 0;
        foreach (var (name, quantity) in Nodes[node].Status.Allocatable)
        {
            if (name == ResourceNames.Gpu) devices = Math.Max(devices, quantity.Units);
            else if (name == ResourceNames.GpuMilli) devices = Math.Max(devices, quantity.Units / Amounts.Device);
            else
            {
                var column = Amounts.ColumnOf(name);
                Allocatable[at + column] = Amounts.Read(column, quantity);
            }
        }

        devices = Math.Clamp(devices, 0, MaxDevices);
        Allocatable[at + Amounts.Gpu] = devices * Amounts.Device;
        var shares = devices == 0 ? [] : new short[devices];
        Array.Fill(shares, (short)Amounts.Device);
        _devices[node] = shares;
        WholeDevices[node] = shares.Length;
        LargestShare[node] = shares.Length > 0 ? Amounts.Device : 0;
    }

    /// <summary>As many as fit into the bits that say which of them a pod has.</summary>
    const int MaxDevices = 64;

    /// <summary>Makes room for the columns of resources that were asked for since.</summary>
    void Widen()
    {
        var wider = Amounts.Count + SpareColumns;
        Allocatable = Moved(Allocatable);
        Free = Moved(Free);
        Stride = wider;

        long[] Moved(long[] narrow)
        {
            var moved = new long[Nodes.Count * wider];
            for (var i = 0; i < Nodes.Count; i++) Array.Copy(narrow, i * Stride, moved, i * wider, Stride);
            return moved;
        }
    }

    // FNV-1a: the same on every machine and in every run, unlike string.GetHashCode.
    static uint Mixed(string name, int seed)
    {
        var hash = 2166136261u ^ (uint)seed;
        foreach (var letter in name) hash = (hash ^ letter) * 16777619u;
        hash ^= hash >> 15;
        return hash * 2246822519u;
    }
}

/// <summary>What holds for a whole decision.</summary>
sealed record FleetSettings
{
    /// <summary>Shuffles the order in which the first of equal nodes is taken; 0 keeps them by name.</summary>
    public int Seed { get; init; }

    /// <summary>The policy of the pods that name none, by their namespace.</summary>
    public Func<string, string> ProfileOf { get; init; } = static _ => Policies.Profiles.BinPack;

    public Func<string, IReadOnlyDictionary<string, string>> LabelsOfNamespace { get; init; } =
        static name => Namespace.LabelsOf(name, null);

    /// <summary>Where pods reach their volumes; null when they do from every node.</summary>
    public Topology.VolumePlaces? Volumes { get; init; }

    /// <summary>A pod's priority, from its class or its own.</summary>
    public Func<Pod, int> PriorityOf { get; init; } = static pod => pod.Spec.Priority ?? 0;
}
