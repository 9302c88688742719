using System.Text.Json;
using Orchestrator.Model;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The cluster's state as the log's replicated state: entries are batches of commands, applied by the model.
/// </summary>
sealed class ReplicatedCluster(int watchHistory) : IReplicatedState
{
    ClusterState _current = ClusterState.Empty;
    long _commandsApplied;

    /// <summary>The state after the last applied entry.</summary>
    public ClusterState Current => Volatile.Read(ref _current);

    public History History { get; } = new(watchHistory);

    /// <summary>
    /// Counts the commands applied here. Tells how many answers the state may have forgotten since an earlier count.
    /// </summary>
    public long CommandsApplied => Interlocked.Read(ref _commandsApplied);

    public object? Apply(ReadOnlySpan<byte> entry, long index)
    {
        var commands = Batch.Split(entry);
        var results = new ApplyResult[commands.Count];
        var state = _current;
        for (var i = 0; i < results.Length; i++)
        {
            var transition = StateMachine.Apply(state, commands[i]);
            results[i] = transition.Result;
            if (transition.Next.Revision != state.Revision)
            {
                History.Add(new RevisionChanges(transition.Next.Revision, transition.Changes));
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
        var frozen = _current;
        return stream => JsonSerializer.Serialize(stream, Snapshot.Of(frozen), ModelJson.SchemaOf<Snapshot>());
    }

    public void Load(Stream source, long index)
    {
        // Whole: the converter of the kinds does not read from a stream piece by piece.
        using var text = new MemoryStream();
        source.CopyTo(text);
        var snapshot = ModelJson.Decode<Snapshot>(text.GetBuffer().AsSpan(0, (int)text.Length));
        Volatile.Write(ref _current, snapshot.ToState());

        // How many commands went by is not known; any answer may have been forgotten.
        Interlocked.Add(ref _commandsApplied, Answers.Limit);
        History.Restart(_current.Revision);
    }
}
