using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>Collects operations; jumps are written against marks that are placed later.</summary>
sealed class OpList
{
    readonly List<Draft> _drafts = [];
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

    public Draft Add(string what, Call call, params ReadOnlySpan<Arg> args)
    {
        var draft = new Draft(call, args.ToArray(), what);
        _drafts.Add(draft);
        return draft;
    }

    /// <summary>Places a mark here: jumps to it go on with the next operation added.</summary>
    public void Place(Mark mark) => mark.Index = _drafts.Count;

    public LaunchPlan Build(CloneFlags namespaces)
    {
        var ops = new List<Op>(_drafts.Count);
        for (var i = 0; i < _drafts.Count; i++) ops.Add(_drafts[i].Finish(i));
        return new LaunchPlan(namespaces, _inputs, ops, _warnings);
    }

    /// <summary>An operation whose jumps may still change.</summary>
    internal sealed class Draft(Call call, Arg[] args, string what)
    {
        Slot? _into;
        Errno _tolerated, _alsoTolerated;
        Mark? _ok, _error;

        public Draft Into(Slot slot)
        {
            _into = slot;
            return this;
        }

        /// <summary>After success go to the mark instead of the next operation.</summary>
        public Draft ThenTo(Mark mark)
        {
            _ok = mark;
            return this;
        }

        /// <summary>These errors are no failure: go on with the next operation, or at the mark.</summary>
        public Draft Tolerate(Errno errno, Errno also = Errno.None, Mark? to = null)
        {
            (_tolerated, _alsoTolerated, _error) = (errno, also, to);
            return this;
        }

        public Op Finish(int index) =>
            new(call, args, what, _into, _tolerated, _alsoTolerated, _ok?.Index ?? index + 1, _error?.Index ?? index + 1);
    }
}

/// <summary>A place in the plan that a jump leads to.</summary>
sealed class Mark
{
    public int Index { get; set; } = -1;
}
