using System.Collections.Immutable;
using Orchestrator.Faults.Traffic;
using Orchestrator.Model.State;
using Record = Orchestrator.Model.Meta.Record;

namespace Orchestrator.Faults.Seeded;

/// <summary>Stores that are broken, each in one way that was seen in the wild or is one forgotten line away.</summary>
static class Bugs
{
    public static IReadOnlyDictionary<string, Func<Chance, Bug>> All { get; } = new Dictionary<string, Func<Chance, Bug>>
    {
        ["a flush is skipped and the power cut"] = _ => new Bug(Check.Witness, Check.BlackBox) { EntriesNotFlushed = 3 },
        ["a write is acknowledged and forgotten"] = chance => new Bug(Check.Witness, Check.BlackBox) { Forgotten = () => chance.OneIn(20) },
        ["a write is acknowledged before the others have it"] = chance => new Bug(Check.Witness, Check.BlackBox) { KeptToItself = () => chance.OneIn(20) },
        ["a member passes over an entry"] = chance => new Bug(Check.Watch, Check.Witness, Check.BlackBox) { Skips = member => member == 1 && chance.OneIn(40) },
        ["a read asks nobody what was acknowledged"] = _ => new Bug(Check.Witness, Check.BlackBox) { ReadIndex = _ => 0 },
        ["a read is told an old index"] = _ => new Bug(Check.Witness, Check.BlackBox) { ReadIndex = index => Math.Max(0, index - 2) },
        ["a read does not wait until it is applied"] = _ => new Bug(Check.Witness, Check.BlackBox) { WaitsForApplied = false },
        ["a read answers with what another one read"] = _ => new Bug(Check.Witness, Check.BlackBox) { Shown = Torn() },
        ["a read shows a value that nobody wrote"] = chance => new Bug(Check.Witness, Check.BlackBox)
        {
            Shown = reply => reply.Values.Length > 0 && reply.Values[0].Value is not null && chance.OneIn(20)
                ? reply with { Values = reply.Values.SetItem(0, reply.Values[0] with { Value = "rotten" }) }
                : reply,
        },
        ["a request that is sent again is done again"] = _ => new Bug(Check.Witness)
        {
            Committed = (command, _) => command with { RequestId = Guid.NewGuid().ToString("N") },
        },
        ["a compare is ignored"] = _ => new Bug(Check.Witness, Check.BlackBox)
        {
            Committed = (command, _) => command with { Operations = [.. command.Operations.Select(Blind)] },
        },
        ["a create overwrites"] = _ => new Bug(Check.Witness, Check.BlackBox)
        {
            Committed = (command, state) => command with { Operations = [.. command.Operations.Select(each => Overwriting(each, state))] },
        },
        ["half a transaction is done"] = chance => new Bug(Check.Witness, Check.BlackBox)
        {
            Committed = (command, _) => command.Operations.Count > 1 && chance.OneIn(3) ? command with { Operations = [command.Operations[0]] } : command,
        },
        ["a deletion is acknowledged only"] = _ => new Bug(Check.Witness, Check.BlackBox)
        {
            Committed = (command, _) => command.Operations is [Delete] ? command with { Operations = [] } : command,
        },
        ["a value is damaged on its way"] = chance => new Bug(Check.Witness, Check.BlackBox)
        {
            Committed = (command, _) => command.Operations is [Update { Resource: Record record }] && chance.OneIn(5)
                ? command with { Operations = [new Update(record with { Data = "rotten" })] }
                : command,
        },
        ["a revision is answered twice"] = chance => new Bug(Check.Witness)
        {
            Answered = result => result is Applied { Revision: > 1 } applied && chance.OneIn(20) ? applied with { Revision = applied.Revision - 1 } : result,
        },
        ["a revision is answered that is not there yet"] = chance => new Bug(Check.Witness)
        {
            Answered = result => result is Applied applied && chance.OneIn(20) ? applied with { Revision = applied.Revision + 1 } : result,
        },
        ["a refusal is answered as done"] = _ => new Bug(Check.Witness, Check.BlackBox) { Answered = result => result is Applied ? result : new Applied(1, []) },
        ["a write that is done is answered as refused"] = chance => new Bug(Check.Witness)
        {
            Answered = result => result is Applied { Resources: [{ } written, ..] } && chance.OneIn(20) ? new NotFound(written.Key) : result,
        },
        ["a conflict names a revision that never was"] = _ => new Bug(Check.Witness)
        {
            Answered = result => result is Conflict conflict ? conflict with { Current = conflict.Current + 1 } : result,
        },
        ["a watch event is lost"] = chance => new Bug(Check.Watch) { Watched = events => Each(events, each => chance.OneIn(40) ? [] : [each]) },
        ["a watch event comes twice"] = chance => new Bug(Check.Watch) { Watched = events => Each(events, each => chance.OneIn(40) ? [each, each] : [each]) },
        ["two watch events change places"] = chance => new Bug(Check.Watch) { Watched = events => Swapped(events, chance) },
        ["a watch begins one too late"] = _ => new Bug(Check.Watch) { WatchedAfter = revision => revision == 0 ? 0 : revision + 1 },
        ["a watch begins one too early"] = _ => new Bug(Check.Watch) { WatchedAfter = revision => Math.Max(0, revision - 1) },
        ["a watch event comes in two pieces"] = _ => new Bug(Check.Watch)
        {
            Watched = events => Each(events, each => each.Changes.Length < 2 ? [each] : [each with { Changes = each.Changes[..1] }, each with { Changes = each.Changes[1..] }]),
        },
        ["a watch event lacks an object"] = _ => new Bug(Check.Witness)
        {
            Watched = events => Each(events, each => each.Changes.Length < 2 ? [each] : [each with { Changes = each.Changes[..1] }]),
        },
        ["a watch event says it was made when it was changed"] = _ => new Bug(Check.Witness)
        {
            Watched = events => Each(events, each => [each with { Changes = [.. each.Changes.Select(change => change with { Before = null })] }]),
        },
        ["a watch shows what never happened"] = chance => new Bug(Check.Watch)
        {
            Watched = events => Each(events, each => [each.Changes.Length == 1 && chance.OneIn(40) ? each with { Changes = [each.Changes[0] with { After = "rotten" }] } : each]),
        },
    };

    static Operation Blind(Operation operation) => operation is Update update
        ? new Update(update.Resource with { Metadata = update.Resource.Metadata with { ResourceVersion = null } })
        : operation;

    static Operation Overwriting(Operation operation, ClusterState state) =>
        operation is Create create && state.Find(create.Resource.Key) is not null ? new Update(create.Resource) : operation;

    static Func<Reply, Reply> Torn()
    {
        ImmutableArray<Held> earlier = [default, default];
        return reply =>
        {
            if (reply.Values.Length != 2) return reply;
            var before = ImmutableInterlocked.InterlockedExchange(ref earlier, reply.Values);
            return reply with { Values = [reply.Values[0], before[1]] };
        };
    }

    static async IAsyncEnumerable<Event> Each(IAsyncEnumerable<Event> events, Func<Event, Event[]> change)
    {
        await foreach (var each in events)
        {
            foreach (var changed in change(each)) yield return changed;
        }
    }

    static async IAsyncEnumerable<Event> Swapped(IAsyncEnumerable<Event> events, Chance chance)
    {
        Event? held = null;
        await foreach (var each in events)
        {
            if (held is null && chance.OneIn(20))
            {
                held = each;
                continue;
            }

            yield return each;
            if (held is not null) yield return held;
            held = null;
        }

        if (held is not null) yield return held;
    }
}
