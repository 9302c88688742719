using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The cluster's state as the log's replicated state: entries are batches of commands, applied by the model.
/// </summary>
sealed class ReplicatedCluster(int historyRevisions, TimeSpan historyAge) : IReplicatedState
{
    ClusterState _current = ClusterState.Empty;
    long _commandsApplied;

    /// <summary>The state after the last applied entry.</summary>
    public ClusterState Current => Volatile.Read(ref _current);

    public History History { get; } = new(historyRevisions, historyAge);

    /// <summary>
    /// Counts the commands applied here. Tells how many answers the state may have forgotten since an earlier count.
    /// </summary>
    public long CommandsApplied => Interlocked.Read(ref _commandsApplied);

    public object? Apply(ReadOnlySpan<byte> entry, long index, object? meaning)
    {
        var commands = meaning as IReadOnlyList<Command> ?? Batch.Split(entry);
        var results = new ApplyResult[commands.Count];
        var state = _current;
        for (var i = 0; i < results.Length; i++)
        {
            var transition = StateMachine.Apply(state, commands[i]);
            results[i] = transition.Result;
            if (transition.Next.Revision != state.Revision)
            {
                // Without the answers, which nobody reads in the past: they would keep every one alive.
                History.Add(new RevisionChanges(transition.Next.Revision, commands[i].Time, commands[i].Author, transition.Changes), transition.Next with { Answers = Answers.None });
            }

            state = transition.Next;
        }

        // The state first: whoever is woken by a revision finds a state that has it.
        var grew = state.Revision != _current.Revision;
        Volatile.Write(ref _current, state);
        Interlocked.Add(ref _commandsApplied, results.Length);
        if (grew)
        {
            History.Announce();
        }

        return new BatchResult(index, results);
    }

    public Action<Stream> Freeze()
    {
        var (frozen, kept) = Frozen();
        return stream => StateSnapshot.Write(stream, frozen, kept);
    }

    /// <summary>The state with the history that led to it, also while entries are being applied.</summary>
    public (ClusterState State, KeptHistory Kept) Frozen()
    {
        while (true)
        {
            var (state, kept) = (Current, History.Kept());
            if ((kept.Revisions.Count > 0 ? kept.Revisions[^1].Revision : kept.Base.Revision) == state.Revision) return (state, kept);
            Thread.Yield(); // an entry was half way between the two
        }
    }

    public void Load(Stream source, long index)
    {
        var (state, kept) = StateSnapshot.Read(source);
        Volatile.Write(ref _current, state);

        // How many commands went by is not known; any answer may have been forgotten.
        Interlocked.Add(ref _commandsApplied, Answers.Limit);
        History.Restart(kept);
    }
}
