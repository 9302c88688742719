using Orchestrator.Faults.Linearizability;
using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Witness;

/// <summary>The revisions in their order, done again by what each request must do to the objects, and what does not fit.</summary>
sealed class Replay
{
    readonly Dictionary<string, Timeline> _objects = new(StringComparer.Ordinal);
    readonly Dictionary<string, long> _revisionOf = new(StringComparer.Ordinal);

    public List<string> Faults { get; } = [];

    public long Last { get; private set; }

    /// <param name="log">Every revision from the first.</param>
    public static Replay Of(IEnumerable<Event> log, IEnumerable<Operation<Transaction, Reply>> history)
    {
        var requests = new Dictionary<string, Transaction>(StringComparer.Ordinal);
        foreach (var operation in history) requests.TryAdd(operation.Input.Id, operation.Input);
        var replay = new Replay();
        foreach (var each in log) replay.Do(each, requests.GetValueOrDefault(each.Author));
        return replay;
    }

    public Timeline Object(string key)
    {
        if (!_objects.TryGetValue(key, out var timeline)) _objects[key] = timeline = new Timeline();
        return timeline;
    }

    /// <summary>The revision that a request made; null when it made none.</summary>
    public long? RevisionOf(string request) => _revisionOf.TryGetValue(request, out var revision) ? revision : null;

    void Do(Event each, Transaction? request)
    {
        if (each.Revision != Last + 1) Faults.Add($"revision {each.Revision} follows {Last}");
        Last = Math.Max(Last, each.Revision);
        if (!_revisionOf.TryAdd(each.Author, each.Revision) && request is not null)
            Faults.Add($"request {each.Author} was done twice: at {_revisionOf[each.Author]} and at {each.Revision}");
        if (request is null && each.Changes.Length > 0) Faults.Add($"nobody asked for {each}");
        if (request is not null) CheckChanges(each, request);
        foreach (var change in each.Changes)
        {
            if (change.Before != Object(change.Key).Last.Value) Faults.Add($"{each}: before it, {change.Key} was {Object(change.Key).Last.Value}");
            Object(change.Key).Add(each.Revision, change.After);
        }
    }

    void CheckChanges(Event each, Transaction request)
    {
        var wanted = request.Steps.Where(step => step.Verb is not Verb.Read).Select(step => new Changed(
            step.Key, Object(step.Key).Last.Value, step.Verb is Verb.Delete ? null : step.Value));
        if (!wanted.SequenceEqual(each.Changes)) Faults.Add($"{each}, but wanted were {string.Join(", ", wanted)}");
        foreach (var step in request.Steps)
        {
            var held = Object(step.Key).Last;
            var allowed = step.Verb switch
            {
                Verb.Read => false,
                Verb.Create => held.Value is null,
                Verb.Put or Verb.Delete => held.Value is not null,
                Verb.Swap => held.Value is not null && held.Revision == step.Seen,
            };
            if (!allowed) Faults.Add($"{each}: {step} must be refused when {step.Key} is {held}");
        }
    }
}
