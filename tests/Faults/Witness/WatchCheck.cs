using Orchestrator.Faults.Traffic;

namespace Orchestrator.Faults.Witness;

/// <summary>One watch: where it began, and what it delivered until it broke.</summary>
/// <param name="From">The revision after which it was asked to begin.</param>
sealed record Watched(string Watcher, long From, IReadOnlyList<Event> Events);

/// <summary>
/// Judges what watchers saw: each watch is ordered, unique, complete and begins where it was asked to (etcd's Ordered, Unique, Reliable and Resumable), each
/// revision comes in one piece (Atomic), and all see the same. Whether what they see is right, and was so before, is for the replay.
/// </summary>
static class WatchCheck
{
    /// <returns>The log that the watches show together, with what is wrong.</returns>
    /// <param name="watches">Of watchers that were given the time to see everything.</param>
    public static (List<Event> Log, List<string> Faults) Check(IReadOnlyCollection<Watched> watches)
    {
        var seen = new SortedDictionary<long, Event>();
        var faults = new List<string>();
        foreach (var watch in watches)
        {
            var last = watch.From;
            foreach (var each in watch.Events)
            {
                if (each.Revision != last + 1) faults.Add($"{watch.Watcher}: {each.Revision} comes after {last}");
                last = each.Revision;
                if (!seen.TryAdd(each.Revision, each) && seen[each.Revision] != each)
                    faults.Add($"{watch.Watcher} saw {each}, and another {seen[each.Revision]}");
            }
        }

        var reached = watches.GroupBy(watch => watch.Watcher).Select(each => (Watcher: each.Key, Last: each.Max(LastOf)));
        faults.AddRange(reached.Where(each => each.Last < seen.Keys.LastOrDefault()).Select(each => $"{each.Watcher} saw nothing after {each.Last}"));
        return ([.. seen.Values], faults);
    }

    static long LastOf(Watched watch) => watch.Events.Count > 0 ? watch.Events[^1].Revision : watch.From;
}
