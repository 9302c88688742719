using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Record = Orchestrator.Model.Meta.Record;

namespace Orchestrator.Faults.Traffic;

/// <summary>Between what the checks speak of and what the store does: records, commands, and <see cref="StoreText"/>.</summary>
static class Translation
{
    public static Command Command(Transaction transaction) => new(transaction.Id, DateTimeOffset.UnixEpoch, transaction.Id)
    {
        Operations = [.. transaction.Steps.Select(Operation)],
    };

    public static Reply Reply(ApplyResult result) => result switch
    {
        Applied applied => new Reply(Outcome.Done, applied.Revision),
        AlreadyExists refused => new Reply(Outcome.AlreadyExists, Key: refused.Key.Name),
        NotFound refused => new Reply(Outcome.NotFound, Key: refused.Key.Name),
        Conflict refused => new Reply(Outcome.Conflict, Key: refused.Key.Name, Current: refused.Current),
        _ => throw new UnreachableException($"nobody fences these commands: {result}"),
    };

    /// <param name="objects">All there are, as <see cref="StoreText"/> writes them.</param>
    public static Reply Reply(Transaction read, string objects)
    {
        var words = objects.Split(' ');
        var held = words[1].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split('=', '@'))
            .ToDictionary(parts => parts[0], parts => new Held(parts[1], Number(parts[2])));
        return new Reply(Outcome.Done, Number(words[0]), [.. read.Steps.Select(step => held.GetValueOrDefault(step.Key))]);
    }

    /// <param name="revision">As <see cref="StoreText"/> writes it.</param>
    public static Event Event(string revision)
    {
        var words = revision.Split(' ');
        var changes = words[2].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(each => each.Split(':'))
            .Select(parts => new Changed(parts[0], Value(parts[1]), Value(parts[2])));
        return new Event(Number(words[0]), words[1], changes.ToImmutableArray());
    }

    static Operation Operation(Step step) => step.Verb switch
    {
        Verb.Create => new Create(Object(step)),
        Verb.Put => new Update(Object(step)),
        Verb.Swap => new Update(Object(step)),
        Verb.Delete => new Delete(new ResourceKey(Record.KindName, "", step.Key)),
        Verb.Read => throw new ArgumentException("a read is no command", nameof(step)),
    };

    static Record Object(Step step) => new()
    {
        Metadata = new ObjectMeta { Name = step.Key, ResourceVersion = step.Verb is Verb.Swap ? step.Seen.ToString(CultureInfo.InvariantCulture) : null },
        Data = step.Value,
    };

    static string? Value(string text) => text == StoreText.None ? null : text;

    static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
