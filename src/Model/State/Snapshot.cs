using Orchestrator.Model.Meta;

namespace Orchestrator.Model.State;

/// <summary>
/// The whole state in one piece of JSON: what members compare, and the first format that snapshots had on disk, which is still read. Today they
/// are a sequence of <see cref="SnapshotHead"/>, objects, <see cref="SnapshotRevision"/> and <see cref="Answer"/>.
/// </summary>
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
        return ClusterState.Of(Resources) with
        {
            Revision = Revision,
            LeaderEpoch = LeaderEpoch,
            Leader = Leader,
            Answers = State.Answers.From(Answers),
        };
    }
}

/// <summary>What stands first in a snapshot.</summary>
/// <param name="Base">The revision of the objects that follow: the one before the oldest that is kept.</param>
/// <param name="BaseTime">When that revision was made; null when it is not known.</param>
/// <param name="Leader">The server that claimed to be the leader last, at revision <paramref name="LeaderEpoch"/>.</param>
public sealed record SnapshotHead(long Base, DateTimeOffset? BaseTime, long LeaderEpoch, string? Leader);

/// <summary>One kept revision: who made it, when, and what it changed.</summary>
public sealed record SnapshotRevision(long Revision, DateTimeOffset Time, string Author, IReadOnlyList<SnapshotChange> Changes)
{
    // What is empty is left out of JSON, and comes back as null.
    public string Author { get; init => field = value ?? ""; } = Author ?? "";

    public IReadOnlyList<SnapshotChange> Changes { get; init => field = value ?? []; } = Changes ?? [];
}

/// <param name="After">Null when the object was removed.</param>
public sealed record SnapshotChange(ResourceKey Key, Resource? After);
