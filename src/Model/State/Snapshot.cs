using Orchestrator.Model.Meta;

namespace Orchestrator.Model.State;

/// <summary>The whole state in the form it has on disk.</summary>
public sealed record Snapshot
{
    /// <summary>The version of this format; a reader refuses one it does not know.</summary>
    public const int PresentFormat = 1;

    public int Format { get; init; }

    public long Revision { get; init; }

    public long LeaderEpoch { get; init; }

    public string? Leader { get; init; }

    public IReadOnlyList<Resource> Resources { get; init => field = value ?? []; } = [];

    public IReadOnlyList<Answer> Answers { get; init => field = value ?? []; } = [];

    public static Snapshot Of(ClusterState state) => new()
    {
        Format = PresentFormat,
        Revision = state.Revision,
        LeaderEpoch = state.LeaderEpoch,
        Leader = state.Leader,
        Resources = [.. state.Objects.Values.SelectMany(kind => kind.Values)],
        Answers = [.. state.Answers.InOrder()],
    };

    /// <exception cref="NotSupportedException">The snapshot was written by a newer version in a format this one does not know.</exception>
    public ClusterState ToState()
    {
        if (Format != PresentFormat) throw new NotSupportedException($"the snapshot has format {Format}, and this version reads format {PresentFormat} only");
        var state = ClusterState.Empty with
        {
            Revision = Revision,
            LeaderEpoch = LeaderEpoch,
            Leader = Leader,
            Answers = State.Answers.From(Answers),
        };
        return Resources.Aggregate(state, (each, resource) => each.With(resource));
    }
}
