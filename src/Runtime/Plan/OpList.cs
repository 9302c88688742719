using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>Collects operations; jumps are written against marks that are placed later.</summary>
sealed class OpList
{
    readonly List<Op> _ops = [];
    readonly List<Input> _inputs = [];
    readonly List<string> _warnings = [];
    int _slots = Slots.FirstFree;

    public Slot NewSlot(string name)
    {
        if (_slots >= Slots.Limit) throw new InvalidOperationException($"more than {Slots.Limit} slots in one plan");
        return new Slot(_slots++, name);
    }

    /// <summary>A slot that the launcher fills by opening a path.</summary>
    public Slot Open(string name, string path, O flags)
    {
        var slot = NewSlot(name);
        _inputs.Add(new Input(slot, path, flags));
        return slot;
    }

    public void Warn(string warning) => _warnings.Add(warning);

    public Op Add(string what, Call call, params ReadOnlySpan<Arg> args)
    {
        var op = new Op(call, args.ToArray(), what);
        _ops.Add(op);
        return op;
    }

    /// <summary>Places a mark here: jumps to it go on with the next operation added.</summary>
    public void Place(Mark mark) => mark.Index = _ops.Count;

    public LaunchPlan Build(CloneFlags namespaces)
    {
        for (var i = 0; i < _ops.Count; i++) _ops[i].Finish(i);
        return new LaunchPlan(namespaces, _inputs, _ops, _warnings);
    }
}

/// <summary>A place in the plan that a jump leads to.</summary>
sealed class Mark
{
    public int Index { get; set; } = -1;
}
