namespace Orchestrator.Faults.Linearizability;

/// <summary>
/// The calls and returns of one object's operations in the order of time, doubly linked, so that an operation is taken out of the rest and put back in
/// constant time (Lowe 2017, "Testing for linearizability", section 4).
/// </summary>
sealed class Entry<TInput, TOutput>
{
    public required int Number { get; init; }

    public required Operation<TInput, TOutput> Operation { get; init; }

    /// <summary>The return of a call; null for a return.</summary>
    public Entry<TInput, TOutput>? Return { get; init; }

    public Entry<TInput, TOutput>? Before { get; private set; }

    public Entry<TInput, TOutput>? After { get; private set; }

    /// <summary>Links all in the order of time and returns what stands before the first.</summary>
    public static Entry<TInput, TOutput> Link(IReadOnlyList<Operation<TInput, TOutput>> operations)
    {
        var entries = new List<(long Time, bool IsReturn, Entry<TInput, TOutput> Entry)>(2 * operations.Count);
        for (var i = 0; i < operations.Count; i++)
        {
            var returned = new Entry<TInput, TOutput> { Number = i, Operation = operations[i] };
            entries.Add((operations[i].Return, true, returned));
            entries.Add((operations[i].Call, false, new Entry<TInput, TOutput> { Number = i, Operation = operations[i], Return = returned }));
        }

        // Calls before returns of the same time: what is not surely one after the other is concurrent.
        var head = new Entry<TInput, TOutput> { Number = -1, Operation = operations[0] };
        var last = head;
        foreach (var (_, _, entry) in entries.OrderBy(each => each.Time).ThenBy(each => each.IsReturn).ThenBy(each => each.Entry.Number))
        {
            (last.After, entry.Before) = (entry, last);
            last = entry;
        }

        return head;
    }

    /// <summary>Takes a call and its return out.</summary>
    public void Lift()
    {
        Unlink();
        Return!.Unlink(); // only calls are lifted
    }

    /// <summary>Puts back the call that was lifted last.</summary>
    public void Unlift()
    {
        Return!.Relink(); // only calls are lifted
        Relink();
    }

    void Unlink()
    {
        Before!.After = After; // the head is never lifted
        if (After is not null) After.Before = Before;
    }

    void Relink()
    {
        Before!.After = this;
        if (After is not null) After.Before = this;
    }
}
