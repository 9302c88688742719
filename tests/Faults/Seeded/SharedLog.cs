using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.Faults.Seeded;

/// <summary>
/// A log that several members in this process share, without Raft: whoever proposes, leads. Every member applies it at its own pace. The power is cut now
/// and then, after which all begin anew with what is on the disk.
/// </summary>
sealed class SharedLog(Bug bug, Chance chance)
{
    const int ProposalsBeforeFirstPowerCut = 30;

    readonly Lock _access = new();
    readonly List<byte[]> _entries = [];
    readonly List<MemoryLog> _members = [];

    int _proposals;
    int _nextPowerCut = ProposalsBeforeFirstPowerCut;

    public long Length
    {
        get
        {
            lock (_access) return _entries.Count;
        }
    }

    public MemoryLog Join(IReplicatedState state, Func<ClusterState> current)
    {
        lock (_access)
        {
            _members.Add(new MemoryLog(this, bug, _members.Count, state, current));
            return _members[^1];
        }
    }

    public object? Append(MemoryLog proposer, ReadOnlySpan<byte> proposed)
    {
        lock (_access)
        {
            proposer.CatchUp(_entries);
            if (++_proposals == _nextPowerCut) CutPower();
            var entry = Batch.Join([.. Batch.Split(proposed).Select(command => Batch.Encode(bug.Committed(command, proposer.Current)))]);
            if (bug.Forgotten()) return Pretended(entry, proposer.Current);
            if (bug.KeptToItself()) return proposer.Apply(entry, _entries.Count);
            _entries.Add(entry);
            var result = proposer.CatchUp(_entries) ?? Pretended(entry, proposer.Current);
            foreach (var member in _members.Where(_ => chance.OneIn(2))) member.CatchUp(_entries);
            return chance.OneIn(15) ? throw new OutcomeUnknownException("the answer was lost") : result;
        }
    }

    public void CatchUp(MemoryLog member)
    {
        lock (_access) member.CatchUp(_entries);
    }

    public void CatchUpAll()
    {
        lock (_access) _members.ForEach(member => member.CatchUp(_entries));
    }

    void CutPower()
    {
        _nextPowerCut *= 2; // each replays everything, so that more would cost more than they show
        var lost = Math.Min(bug.EntriesNotFlushed, _entries.Count);
        _entries.RemoveRange(_entries.Count - lost, lost);
        foreach (var member in _members)
        {
            member.Restart();
            member.CatchUp(_entries);
        }
    }

    static BatchResult Pretended(ReadOnlySpan<byte> entry, ClusterState state)
    {
        var results = new List<ApplyResult>();
        foreach (var command in Batch.Split(entry))
        {
            (state, var result, _) = StateMachine.Apply(state, command);
            results.Add(result);
        }

        return new BatchResult(1, [.. results]);
    }
}
