using System.Diagnostics;

namespace Orchestrator.Faults.Linearizability;

/// <summary>
/// Decides whether a history is linearizable, object by object. It can take exponential time: out of time is no proof of anything, and a failure to
/// whoever asked.
/// </summary>
static class Checker
{
    /// <summary>How far one object is searched before the next one's turn: one that is surely wrong shall not wait for one that is hard to decide.</summary>
    const int StepsPerTurn = 1024;

    public static Judgement Check<TState, TInput, TOutput>(
        Specification<TState, TInput, TOutput> specification, IEnumerable<Operation<TInput, TOutput>> history, TimeSpan limit)
        where TState : notnull
    {
        var started = Stopwatch.GetTimestamp();
        var open = history.GroupBy(operation => specification.ObjectOf(operation.Input))
            .Select(part => (Object: part.Key, Search: new Search<TState, TInput, TOutput>(specification, [.. part])))
            .ToList();
        while (open.Count > 0)
        {
            foreach (var (subject, search) in open.ToArray())
            {
                if (Stopwatch.GetElapsedTime(started) > limit) return new Judgement(Verdict.OutOfTime, subject, search.Stuck.ToString());
                if (search.Continue(StepsPerTurn) is not { } linearizable) continue;
                if (!linearizable) return new Judgement(Verdict.NotLinearizable, subject, search.Stuck.ToString());
                open.RemoveAll(each => each.Object == subject);
            }
        }

        return new Judgement(Verdict.Linearizable);
    }
}

enum Verdict
{
    Linearizable,
    NotLinearizable,

    /// <summary>Not decided within the limit.</summary>
    OutOfTime,
}

/// <param name="Object">The object whose part decided it.</param>
/// <param name="Stuck">The operation that could not be placed where the search came furthest.</param>
sealed record Judgement(Verdict Verdict, string Object = "", string Stuck = "");
