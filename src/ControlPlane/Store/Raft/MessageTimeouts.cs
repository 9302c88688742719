namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>How long a member may be silent in the middle of each kind of request.</summary>
/// <param name="Vote">A vote, or the question whether one would be given. All answers of an election are waited for, so this is what a hung member costs.</param>
/// <param name="SlowVote">The most that a vote is waited for from a member that is known to be slow: an election is given up after its own timeout, and has to be over before.</param>
/// <param name="Entries">Entries and heartbeats: they are flushed before they are answered.</param>
/// <param name="Snapshot">A snapshot: it is flushed and verified before it is answered.</param>
sealed record MessageTimeouts(TimeSpan Vote, TimeSpan SlowVote, TimeSpan Entries, TimeSpan Snapshot)
{
    /// <param name="kind">The first byte of a request (MessageType in DotNext.Net.Cluster 6.12.0).</param>
    public TimeSpan Of(byte kind) => kind switch
    {
        1 or 7 => Vote, // Vote, PreVote
        5 => Snapshot, // InstallSnapshot
        _ => Entries,
    };
}
