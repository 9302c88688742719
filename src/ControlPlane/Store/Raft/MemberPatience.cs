namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// How long a member is waited for when an answer should come at once. As long as a vote may take, so that one that hangs holds up an election
/// little; more when its answers take long, or when none came several times: on a machine that is starved or far away, impatience would let
/// no election end.
/// </summary>
sealed class MemberPatience(MessageTimeouts timeouts)
{
    /// <summary>An election after which a member hangs asks it this often: whether it would vote, for its vote, and to take an entry.</summary>
    const int AsksInElection = 3;

    /// <summary>An answer may take so much longer than the one before.</summary>
    const int Spread = 4;

    readonly Lock _access = new();

    TimeSpan _limit = timeouts.Vote;
    int _silent;

    public TimeSpan Limit
    {
        get
        {
            lock (_access) return _limit;
        }
    }

    public void Answered(TimeSpan after)
    {
        lock (_access)
        {
            _silent = 0;
            _limit = Within(TimeSpan.FromTicks(long.Max(after.Ticks * Spread, _limit.Ticks / 2)));
        }
    }

    public void Silent()
    {
        lock (_access)
        {
            if (++_silent % AsksInElection == 0) _limit = Within(_limit * 2);
        }
    }

    TimeSpan Within(TimeSpan limit) => TimeSpan.FromTicks(long.Clamp(limit.Ticks, timeouts.Vote.Ticks, timeouts.Entries.Ticks));
}
