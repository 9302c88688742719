using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Witness;

/// <summary>
/// The store's objects as an outside checker sees them: values only, no revisions, each object for itself. What a transaction does to several is there as
/// one operation on each.
/// </summary>
sealed class Objects : Specification<Held, Step, Held>
{
    public override Held Initial => default;

    public override string ObjectOf(Step input) => input.Key;

    /// <summary>
    /// What of a history is to be judged: without reads that failed, and without writes that have no answer and were never done. The latter is known from
    /// the log, and keeps the search short. A transaction that was refused says nothing about one object.
    /// </summary>
    public static IEnumerable<Operation<Step, Held>> Project(IEnumerable<Operation<Transaction, Reply>> history, IEnumerable<Event> log)
    {
        var done = log.Select(each => each.Author).ToHashSet();
        foreach (var each in history)
        {
            if (each.Output is null && (each.Input.IsRead || !done.Contains(each.Input.Id))) continue;
            if (each.Output is { Outcome: not Outcome.Done }) continue;
            for (var i = 0; i < each.Input.Steps.Length; i++)
            {
                var value = each.Output is { } reply && each.Input.IsRead ? new Held(reply.Values[i].Value, 0) : default;
                yield return new Operation<Step, Held>(each.Client, each.Call, each.Return, each.Input.Steps[i], value);
            }
        }
    }

    public override bool TryStep(Held state, Operation<Step, Held> operation, out Held next)
    {
        var step = operation.Input;
        next = step.Verb switch
        {
            Verb.Read => state,
            Verb.Delete => default,
            Verb.Create or Verb.Put or Verb.Swap => new Held(step.Value, 0),
        };
        return step.Verb switch
        {
            Verb.Read => operation.Output == state,
            Verb.Create => state.Value is null,
            Verb.Put or Verb.Delete => state.Value is not null,
            Verb.Swap => state.Value == step.SeenValue,
        };
    }
}
