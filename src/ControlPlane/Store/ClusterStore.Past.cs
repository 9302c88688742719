using Orchestrator.Model.History;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// Looking back: every kept revision is a whole state, which shares what did not change with its neighbours.
/// </summary>
public sealed partial class ClusterStore
{
    /// <summary>The oldest revision that can be read here.</summary>
    public long OldestRevision => _cluster.History.Oldest - 1;

    /// <summary>The state at a moment of the past, as far as this server knows: read it after <see cref="ReadAsync"/> to be sure of the present.</summary>
    /// <exception cref="CompactedException">It is no longer kept.</exception>
    /// <exception cref="FutureRevisionException">There is no such revision yet.</exception>
    public ClusterState StateAt(PointInTime moment)
    {
        ArgumentNullException.ThrowIfNull(moment);
        return moment switch
        {
            { Revision: { } revision } => _cluster.History.StateAt(revision),
            { Time: { } time } => _cluster.History.StateAt(time),
            _ => throw new ArgumentException("The moment is neither a revision nor a time."),
        };
    }

    /// <summary>The kept revisions after one up to another, oldest first.</summary>
    public IReadOnlyList<RevisionChanges> RevisionsBetween(long after, long last) => _cluster.History.Between(after + 1, last);
}
