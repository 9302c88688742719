using System.Collections.Immutable;
using System.Net;

namespace Orchestrator.ControlPlane.Store;

/// <summary>One server of the control plane.</summary>
/// <param name="Raft">Where it speaks Raft; this is its identity, so it never changes.</param>
/// <param name="Peer">Where it serves the Peer service, for writes and reads that others forward to it.</param>
public sealed record StoreMember(IPEndPoint Raft, Uri Peer);

/// <summary>
/// Where a store lives, who shares it, and how patient it is.
/// </summary>
public sealed record StoreOptions(string DataDirectory, IPEndPoint RaftEndpoint, ImmutableArray<StoreMember> Members)
{
    /// <summary>
    /// An election starts after a random silence of the leader between this and <see cref="ElectionTimeoutUpper"/>.
    /// Long enough for a flush on a slow disk, short enough for a failover in about half a second.
    /// </summary>
    public TimeSpan ElectionTimeoutLower { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>See <see cref="ElectionTimeoutLower"/>.</summary>
    public TimeSpan ElectionTimeoutUpper { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// How long a member may be silent when entries or a heartbeat are sent to it: a flush on a slow disk. A leader that
    /// reaches no majority for so long is none.
    /// </summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// How long a member may take to vote or to be connected to. An election waits for every answer, so that it costs
    /// thrice this when one member hangs or is cut off: for the question, the vote and the first entry.
    /// </summary>
    public TimeSpan VoteTimeout { get; init; } = TimeSpan.FromMilliseconds(80);

    /// <summary>How long a member may be silent in the middle of a snapshot, and at its end, when it flushes and verifies it.</summary>
    public TimeSpan SnapshotTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What this server is called when it claims the leadership.</summary>
    public string ServerName { get; init; } = RaftEndpoint.ToString();

    /// <summary>How long a write or a linearizable read may look for a leader and wait for its answer.</summary>
    public TimeSpan OperationTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// A snapshot is written after this many bytes of log, and of a large state after as much as the state itself.
    /// </summary>
    public long SnapshotEveryBytes { get; init; } = 32 << 20;

    /// <summary>A snapshot is written after this many entries, so that a restart replays few.</summary>
    public long SnapshotEveryEntries { get; init; } = 50_000;

    /// <summary>
    /// Writes are refused while the leader's disk has fewer bytes left: room for what is on its way, and for the next
    /// snapshot of a small state. What only deletes goes on down to half of it.
    /// </summary>
    public long MinFreeBytes { get; init; } = 64 << 20;

    /// <summary>
    /// The size of a file of the log, in bytes; a power of two. The newest ones are in memory. Small ones cost a create each.
    /// </summary>
    public int LogChunkBytes { get; init; } = 4 << 20;

    /// <summary>
    /// How many revisions are kept, to be watched from and to look back at. Each costs the objects it replaced in
    /// memory and in snapshots, a few KiB.
    /// </summary>
    public int HistoryRevisions { get; init; } = 16_384;

    /// <summary>How old a kept revision may be, against the newest one: a day back is what people look for after a bad night.</summary>
    public TimeSpan HistoryAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// This server comes to a cluster that is there already. It starts without members, follows when it is made one, and
    /// only then learns who the others are.
    /// </summary>
    public bool Join { get; init; }

    /// <summary>Where a server that is not among <see cref="Members"/> serves the Peer service: one that came later.</summary>
    public Func<IPEndPoint, Uri>? PeerAt { get; init; }

    /// <summary>How both sides of a Raft connection authenticate; null means in the clear, for one machine only.</summary>
    public RaftTls? Tls { get; init; }
}

/// <summary>
/// Makes a plain Raft connection one that is secured and whose other side is a member; both throw an AuthenticationException or IOException for anybody else. Asked for each
/// connection, because certificates are renewed.
/// </summary>
public sealed record RaftTls(Func<Stream, CancellationToken, Task<Stream>> Accept, Func<Stream, CancellationToken, Task<Stream>> Connect);
