using System.Globalization;
using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Witness;

/// <summary>
/// Judges a history by the order that the store itself claims: its revisions. No search, so it takes millions of operations. Sound because an order that
/// keeps real time and explains every answer is all that linearizability asks for.
/// </summary>
static class WitnessCheck
{
    /// <returns>What is wrong; empty when nothing is.</returns>
    /// <param name="log">Every revision from the first, in order, as watched.</param>
    public static List<string> Check(IReadOnlyList<Operation<Transaction, Reply>> history, IReadOnlyList<Event> log)
    {
        var replay = Replay.Of(log, history);
        var faults = replay.Faults;
        var earliest = LastBefore(history, replay);
        var latest = FirstAfter(history, replay);
        for (var i = 0; i < history.Count; i++)
        {
            var operation = history[i];
            var revision = RevisionOf(operation, replay);
            if (revision is { } at && (at < earliest[i] || at > latest[i]))
                faults.Add(Text($"{operation} is at {at}, and real time puts it from {earliest[i]} to {latest[i]}"));
            if (operation.Output is { } reply) CheckReply(operation, reply, replay, earliest[i], latest[i]);
        }

        return faults;
    }

    static void CheckReply(Operation<Transaction, Reply> operation, Reply reply, Replay replay, long earliest, long latest)
    {
        var request = operation.Input;
        if (reply.Outcome is not Outcome.Done) CheckRefusal(operation, reply, replay, earliest - 1, latest);
        else if (!request.IsRead && replay.RevisionOf(request.Id) != reply.Revision)
            replay.Faults.Add(Text($"{operation} was acknowledged, and its revision is {replay.RevisionOf(request.Id)}"));
        else if (request.IsRead && reply.Revision > replay.Last)
            replay.Faults.Add(Text($"{operation} shows a revision after the last, {replay.Last}"));
        else if (request.IsRead)
        {
            for (var i = 0; i < request.Steps.Length; i++)
            {
                var held = replay.Object(request.Steps[i].Key).At(reply.Revision);
                if (held != reply.Values[i]) replay.Faults.Add(Text($"{operation}: {request.Steps[i].Key} was {held}, not {reply.Values[i]}"));
            }
        }
    }

    static void CheckRefusal(Operation<Transaction, Reply> operation, Reply reply, Replay replay, long first, long last)
    {
        if (replay.RevisionOf(operation.Input.Id) is { } done) replay.Faults.Add(Text($"{operation} was refused, and done at {done}"));
        var step = operation.Input.Steps.FirstOrDefault(each => each.Key == reply.Key);
        var justified = step is not null && replay.Object(step.Key).WasEver(Math.Max(0, first), last, held => reply.Outcome switch
        {
            Outcome.AlreadyExists => step.Verb is Verb.Create && held.Value is not null,
            Outcome.NotFound => step.Verb is Verb.Put or Verb.Swap or Verb.Delete && held.Value is null,
            Outcome.Conflict => step.Verb is Verb.Swap && held.Value is not null && held.Revision == reply.Current && held.Revision != step.Seen,
            Outcome.Done => false,
        });
        if (!justified) replay.Faults.Add(Text($"{operation} was refused, for which there was no reason from {first} to {last}"));
    }

    /// <summary>The revision where an operation took effect; null for what was refused, and for what was never done.</summary>
    static long? RevisionOf(Operation<Transaction, Reply> operation, Replay replay) => operation switch
    {
        { Output: { Outcome: Outcome.Done } reply } => reply.Revision,
        { Output: null, Input.IsRead: false } => replay.RevisionOf(operation.Input.Id),
        _ => null,
    };

    /// <summary>For each operation the first revision it can have: after everything that had returned before it was called.</summary>
    static long[] LastBefore(IReadOnlyList<Operation<Transaction, Reply>> history, Replay replay)
    {
        var byCall = Enumerable.Range(0, history.Count).OrderBy(i => history[i].Call).ToArray();
        var byReturn = Enumerable.Range(0, history.Count).OrderBy(i => history[i].Return).ToArray();
        var earliest = new long[history.Count];
        var (returned, newest) = (0, 0L);
        foreach (var i in byCall)
        {
            for (; history[byReturn[returned]].Return < history[i].Call; returned++)
                newest = Math.Max(newest, RevisionOf(history[byReturn[returned]], replay) ?? 0);
            earliest[i] = history[i].Input.IsRead ? newest : newest + 1;
        }

        return earliest;
    }

    /// <summary>For each operation the last revision it can have: before everything that was called after it had returned.</summary>
    static long[] FirstAfter(IReadOnlyList<Operation<Transaction, Reply>> history, Replay replay)
    {
        var byCall = Enumerable.Range(0, history.Count).OrderByDescending(i => history[i].Call).ToArray();
        var byReturn = Enumerable.Range(0, history.Count).OrderByDescending(i => history[i].Return).ToArray();
        var latest = new long[history.Count];
        var (called, oldest) = (0, replay.Last);
        foreach (var i in byReturn)
        {
            for (; called < byCall.Length && history[byCall[called]].Call > history[i].Return; called++)
            {
                var later = history[byCall[called]];
                if (RevisionOf(later, replay) is { } revision) oldest = Math.Min(oldest, later.Input.IsRead ? revision : revision - 1);
            }

            latest[i] = oldest;
        }

        return latest;
    }

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
