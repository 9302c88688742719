using Orchestrator.Scheduler.Asks;

namespace Orchestrator.Scheduler.Policies;

/// <summary>The kinds of node. Nodes of a kind are chosen by the same constraints of pods that want devices, and have as much cpu and memory to each device as one another.</summary>
sealed class NodeKinds
{
    /// <summary>So many constraints part the nodes into kinds; those that come later count as free to choose.</summary>
    const int MostConstraints = 48;

    /// <summary>So many sizes of node are told apart; all others are one.</summary>
    const int MostSizes = 16;

    readonly Fleet _fleet;
    readonly Dictionary<Constraint, int> _constraints = [];
    readonly int[] _of;
    readonly List<bool[]> _served = []; // by constraint, then by kind

    public NodeKinds(Fleet fleet)
    {
        _fleet = fleet;
        _of = new int[fleet.Nodes.Count];
        var sizes = new Dictionary<(long Cpu, long Memory), int> { [default] = 0 };
        foreach (var node in fleet.InOrder) _of[node] = sizes.TryGetValue(SizeOf(node), out var kind) ? kind : sizes.Count < MostSizes ? sizes[SizeOf(node)] = sizes.Count : 0;
        Count = sizes.Count;
    }

    /// <summary>Cores and GiB to each device; nothing for a node without.</summary>
    (long Cpu, long Memory) SizeOf(int node)
    {
        var at = node * _fleet.Stride;
        var gpu = _fleet.Allocatable[at + Amounts.Gpu];
        return gpu <= 0 ? default : (_fleet.Allocatable[at + Amounts.Cpu] / gpu, (_fleet.Allocatable[at + Amounts.Memory] * Amounts.Device / gpu) >> 30);
    }

    public int Count { get; private set; }

    /// <summary>Grows when nodes are of other kinds than before.</summary>
    public int Version { get; private set; }

    public int Constraints => _constraints.Count;

    public int Of(int node) => _of[node];

    /// <summary>The number of a constraint; -1 for one that parts no kinds.</summary>
    public int NumberOf(Constraint constraint) => _constraints.GetValueOrDefault(constraint, -1);

    /// <summary>For each constraint the kinds that serve it.</summary>
    public IReadOnlyList<bool[]> Served => _served;

    public bool Serves(int kind, Constraint constraint) => NumberOf(constraint) is var at && (at < 0 || _served[at][kind]);

    /// <summary>Parts the kinds by one more constraint. False when it is known, or there are too many.</summary>
    public bool PartBy(Constraint constraint)
    {
        if (_of.Length == 0 || _constraints.Count >= MostConstraints || !_constraints.TryAdd(constraint, _constraints.Count)) return false;
        var eligible = new bool[_of.Length];
        foreach (var node in constraint.Eligible) eligible[node] = true;
        var kinds = new Dictionary<(int Before, bool Eligible), int>();
        for (var node = 0; node < _of.Length; node++)
        {
            var key = (_of[node], eligible[node]);
            if (!kinds.TryGetValue(key, out var kind)) kinds[key] = kind = kinds.Count;
            _of[node] = kind;
        }

        var before = _served.ToList();
        var ordered = kinds.OrderBy(each => each.Value).Select(each => each.Key).ToList();
        _served.Clear();
        foreach (var served in before) _served.Add([.. ordered.Select(each => served[each.Before])]);
        _served.Add([.. ordered.Select(each => each.Eligible)]);
        Count = Math.Max(1, kinds.Count);
        Version++;
        return true;
    }
}
