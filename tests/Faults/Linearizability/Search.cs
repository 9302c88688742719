namespace Orchestrator.Faults.Linearizability;

/// <summary>
/// The search for an order of one object's operations: that of Wing and Gong (1993), with Lowe's cache (2017) of what was placed in which state.
/// </summary>
sealed class Search<TState, TInput, TOutput>
    where TState : notnull
{
    readonly Specification<TState, TInput, TOutput> _specification;
    readonly Entry<TInput, TOutput> _head;
    readonly Bits _placed;
    readonly HashSet<(Bits Placed, TState State)> _tried = [];
    readonly Stack<(Entry<TInput, TOutput> Call, TState Before)> _path = new();

    Entry<TInput, TOutput> _entry;
    TState _state;
    int _unplaced;
    int _deepest = -1;

    /// <param name="operations">At least one.</param>
    public Search(Specification<TState, TInput, TOutput> specification, IReadOnlyList<Operation<TInput, TOutput>> operations)
    {
        _specification = specification;
        _head = Entry<TInput, TOutput>.Link(operations);
        _entry = _head.After!; // there is at least one operation
        _placed = new Bits(operations.Count);
        _state = specification.Initial;
        _unplaced = operations.Count(operation => operation.IsAnswered); // the others may have never happened
        Stuck = operations[0];
    }

    /// <summary>The operation that could not be placed where the search came furthest.</summary>
    public Operation<TInput, TOutput> Stuck { get; private set; }

    /// <summary>Goes on for so many steps. Null while it is not decided.</summary>
    public bool? Continue(int steps)
    {
        for (; _unplaced > 0; steps--)
        {
            if (steps <= 0) return null;
            if (_entry.Return is null)
            {
                if (!TakeBack()) return false;
            }
            else if (!Place())
            {
                _entry = _entry.After!; // the call's return comes after it
            }
        }

        return true;
    }

    bool Place()
    {
        if (!_specification.TryStep(_state, _entry.Operation, out var next)) return false;
        _placed.Flip(_entry.Number);
        if (!_tried.Add((_placed.Copy(), next)))
        {
            _placed.Flip(_entry.Number);
            return false;
        }

        _path.Push((_entry, _state));
        _state = next;
        _entry.Lift();
        if (_entry.Operation.IsAnswered) _unplaced--;
        _entry = _head.After ?? _head; // nothing is left only when all is placed
        return true;
    }

    /// <summary>Something returned that could not be placed before it did: the last placement was wrong.</summary>
    bool TakeBack()
    {
        if (_path.Count > _deepest) (_deepest, Stuck) = (_path.Count, _entry.Operation);
        if (!_path.TryPop(out var last)) return false;
        _state = last.Before;
        _placed.Flip(last.Call.Number);
        last.Call.Unlift();
        if (last.Call.Operation.IsAnswered) _unplaced++;
        _entry = last.Call.After!; // the call's return comes after it
        return true;
    }
}
