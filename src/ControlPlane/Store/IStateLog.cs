using System.Net;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// One replicated log: entries go in on the leader, come out of every member in the same order.
/// The seam between the store and consensus; the deterministic simulation stands in for it here.
/// </summary>
public interface IStateLog : IAsyncDisposable
{
    /// <summary>This member, as the others know it.</summary>
    IPEndPoint Self { get; }

    /// <summary>The members of the cluster as this one knows them, in the order of their addresses.</summary>
    IReadOnlyList<IPEndPoint> Members { get; }

    /// <summary>The leader as far as this member knows; null while there is none. It may be out of date.</summary>
    IPEndPoint? Leader { get; }

    /// <summary>The term this member is in. The only leader of a one-member log may be in term 0.</summary>
    long Term { get; }

    /// <summary>The index of the last entry whose effect is in the state here.</summary>
    long AppliedIndex { get; }

    /// <summary>Completes, with the reason, when this member can no longer serve until it is opened anew.</summary>
    Task<Exception> Failed { get; }

    /// <summary>Completes when some member is known to lead.</summary>
    Task<IPEndPoint> WaitForLeaderAsync(CancellationToken token);

    /// <summary>Completes when <paramref name="leader"/> no longer leads, as far as this member knows.</summary>
    Task WaitForOtherLeaderAsync(IPEndPoint leader, CancellationToken token);

    /// <summary>Completes when this member leads and has applied all that earlier leaders committed.</summary>
    Task<Leadership> WaitForLeadershipAsync(CancellationToken token);

    /// <summary>
    /// Appends one entry and returns what <see cref="IReplicatedState.Apply"/> returned for it here, once a majority
    /// has flushed it. Not copied: the memory must stay unchanged until the task completes.
    /// </summary>
    /// <param name="meaning">What the entry says, already read: handed to Apply on this member, and to no other.</param>
    /// <exception cref="NotLeaderException">This member does not lead; the entry is in no log.</exception>
    /// <exception cref="OutcomeUnknownException">The entry may or may not be applied, now or later.</exception>
    Task<object?> ProposeAsync(ReadOnlyMemory<byte> entry, object? meaning, CancellationToken token);

    /// <summary>
    /// An index at or above every entry acknowledged before the call, confirmed with a majority: a state that has
    /// applied it is fit for a linearizable read (Raft thesis, section 6.4).
    /// </summary>
    /// <exception cref="NotLeaderException">This member does not lead.</exception>
    Task<long> ReadIndexAsync(CancellationToken token);

    /// <summary>
    /// Makes a server a member that votes, once it has caught up. One change at a time; when this returns it is in the log.
    /// </summary>
    /// <exception cref="NotLeaderException">This member does not lead.</exception>
    /// <exception cref="MembershipException">It can't be: it does not answer, or another change is under way.</exception>
    Task AddMemberAsync(IPEndPoint member, CancellationToken token);

    /// <summary>Takes a member out. The leader itself is not taken out: it lets another one lead first, and refuses.</summary>
    /// <exception cref="NotLeaderException">This member does not lead, or no longer.</exception>
    /// <exception cref="MembershipException">It can't be: it is no member, or another change is under way.</exception>
    Task RemoveMemberAsync(IPEndPoint member, CancellationToken token);

    /// <summary>Has a snapshot written with the next entry.</summary>
    void WantSnapshot();

    /// <summary>Opens the latest snapshot on this member's disk; null when there is none.</summary>
    SnapshotOnDisk? OpenSnapshot();

    /// <summary>Completes when the entry at <paramref name="index"/> is in the state here.</summary>
    Task WaitForAppliedAsync(long index, CancellationToken token);
}

/// <summary>A period in which this member leads.</summary>
/// <param name="Term">The Raft term of the period. Fence by a claim in the log, not by this number.</param>
/// <param name="Lost">Cancelled when the leadership ends, or is suspected to have ended.</param>
public sealed record Leadership(long Term, CancellationToken Lost);

/// <summary>A whole, verified snapshot, as it is on disk.</summary>
/// <param name="Index">The last entry that it has.</param>
/// <param name="Content">The file, to be read and disposed of.</param>
public sealed record SnapshotOnDisk(long Index, Stream Content);
