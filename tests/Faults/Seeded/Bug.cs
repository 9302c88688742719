using Orchestrator.Faults.Traffic;
using Orchestrator.Model.State;

namespace Orchestrator.Faults.Seeded;

/// <summary>Where a store can be broken: each seam does the right thing until a bug replaces it.</summary>
/// <param name="CaughtBy">The checks that must find it. Others may, too.</param>
sealed record Bug(params Check[] CaughtBy)
{
    /// <summary>How many acknowledged entries are not on the disk when the power is cut.</summary>
    public int EntriesNotFlushed { get; init; }

    /// <summary>What of a command is committed. The state is what the proposer has.</summary>
    public Func<Command, ClusterState, Command> Committed { get; init; } = static (command, _) => command;

    /// <summary>Whether the proposer applies and acknowledges an entry without giving it to anybody.</summary>
    public Func<bool> KeptToItself { get; init; } = static () => false;

    /// <summary>Whether a proposal is acknowledged and forgotten.</summary>
    public Func<bool> Forgotten { get; init; } = static () => false;

    /// <summary>Whether a member, by its number, passes over a committed entry.</summary>
    public Func<int, bool> Skips { get; init; } = static _ => false;

    /// <summary>What a member is told of the index that a linearizable read needs.</summary>
    public Func<long, long> ReadIndex { get; init; } = static index => index;

    /// <summary>Whether a read waits until that index is applied.</summary>
    public bool WaitsForApplied { get; init; } = true;

    public Func<ApplyResult, ApplyResult> Answered { get; init; } = static result => result;

    /// <summary>What a client gets to see.</summary>
    public Func<Reply, Reply> Shown { get; init; } = static reply => reply;

    /// <summary>What a watch begins after.</summary>
    public Func<long, long> WatchedAfter { get; init; } = static revision => revision;

    /// <summary>What a watcher gets to see.</summary>
    public Func<IAsyncEnumerable<Event>, IAsyncEnumerable<Event>> Watched { get; init; } = static events => events;
}

enum Check
{
    /// <summary>Each watch by itself, and all of them side by side.</summary>
    Watch,

    /// <summary>The replay of the history in the order the store claims.</summary>
    Witness,

    /// <summary>The search for any order that explains the history.</summary>
    BlackBox,
}
