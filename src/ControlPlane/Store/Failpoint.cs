namespace Orchestrator.ControlPlane.Store;

/// <summary>The places in a store where a test makes it stop, wait or fail, to see that nothing is lost whatever happens there.</summary>
enum Failpoint
{
    /// <summary>A leader is about to propose a batch of commands.</summary>
    Proposing,

    /// <summary>A batch is committed and applied, and its writers have no answer yet.</summary>
    Answering,

    /// <summary>A leader's entry is about to be written.</summary>
    Appending,

    /// <summary>A leader's entry is written and not known to be flushed.</summary>
    Appended,

    /// <summary>Entries of a leader have arrived and are not written.</summary>
    Receiving,

    /// <summary>Entries are about to be written over.</summary>
    Truncating,

    /// <summary>Entries of a leader are written and not flushed.</summary>
    Flushing,

    /// <summary>Entries of a leader are flushed and not acknowledged.</summary>
    Acknowledging,

    /// <summary>An index is about to be committed: the log flushes what is before it.</summary>
    Committing,

    /// <summary>An index is committed and perhaps not applied.</summary>
    Committed,

    /// <summary>A committed entry is about to be applied.</summary>
    Applying,

    /// <summary>An entry is applied, and the log does not know yet.</summary>
    Applied,

    /// <summary>A snapshot is written and not flushed.</summary>
    SnapshotFlushing,

    /// <summary>A snapshot is flushed and has no name yet.</summary>
    SnapshotPublishing,

    /// <summary>A snapshot has its name, which is not flushed.</summary>
    SnapshotPublished,

    /// <summary>Older snapshots are about to be deleted.</summary>
    SnapshotsDeleting,

    /// <summary>A leader's snapshot has begun to arrive.</summary>
    SnapshotReceiving,

    /// <summary>A leader's snapshot has arrived and is not verified.</summary>
    SnapshotReceived,

    /// <summary>A leader's snapshot is accepted, and the state is not built from it.</summary>
    SnapshotLoading,

    /// <summary>A starting member is about to load its latest snapshot.</summary>
    Restoring,

    /// <summary>A leader is about to confirm a read with a majority.</summary>
    ReadConfirming,

    /// <summary>A write is about to be sent on to the leader.</summary>
    Forwarding,

    /// <summary>A write for another server is done, and that server is not told yet.</summary>
    ForwardAnswering,
}

/// <summary>What is done at a <see cref="Failpoint"/>. Nothing but this assembly's tests can set it; unset, a place costs one comparison.</summary>
static class Failpoints
{
    static Action<Failpoint>? _reached;

    /// <param name="reached">Called on the thread that comes to a place, which goes on when it returns and fails with what it throws.</param>
    public static void Set(Action<Failpoint>? reached) => _reached = reached;

    public static void Reach(Failpoint at) => _reached?.Invoke(at);
}
