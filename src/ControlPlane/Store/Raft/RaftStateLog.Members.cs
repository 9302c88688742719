using System.Net;
using DotNext.Net.Cluster;
using DotNext.Net.Cluster.Consensus.Raft;
using LibraryNotLeader = DotNext.Net.Cluster.Consensus.Raft.NotLeaderException;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>Who votes.</summary>
public sealed partial class RaftStateLog
{
    /// <summary>How many of the longest election timeouts another member has, to be elected in place of one that stands back.</summary>
    const int StandBackElections = 5;

    /// <inheritdoc/>
    public Task AddMemberAsync(IPEndPoint member, CancellationToken token) => ChangeMembersAsync(
        Members.Contains(member) ? $"{member} is a member that votes already." : null,
        async () => await _cluster.AddMemberAsync(member, token) ? null : $"{member} did not catch up: it does not answer, or is too far behind.");

    /// <inheritdoc/>
    public async Task RemoveMemberAsync(IPEndPoint member, CancellationToken token)
    {
        ThrowIfFailed();
        if (member.Equals(Self) && Members.Count > 1 && Equals(Leader, Self))
        {
            await LetAnotherLeadAsync(token);
            throw new NotLeaderException(Leader);
        }

        await ChangeMembersAsync(
            !Members.Contains(member) ? $"{member} is no member that votes."
                : Members.Count == 1 ? "The last member can't be removed: the cluster would be gone." : null,
            async () => await _cluster.RemoveMemberAsync(member, token) ? null : $"{member} was removed by somebody else meanwhile.");
    }

    /// <summary>
    /// Stops leading and stands back until another member leads. Who only stops is often elected again, and again: the library draws the time after which
    /// a member stands for election once, so that the most impatient one stays so, and entries that it had no time to replicate make it the only one to vote for.
    /// </summary>
    async Task LetAnotherLeadAsync(CancellationToken token)
    {
        await ReadIndexAsync(token); // a majority has all there is, and each of them can be elected
        await ((ICluster)_cluster).ResignAsync(token);
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token, _closing.Token);
        time.CancelAfter(_options.ElectionTimeoutUpper * StandBackElections);
        try
        {
            if (await _cluster.EnableStandbyModeAsync(time.Token)) await WaitForLeaderAsync(time.Token);
        }
        catch (OperationCanceledException) when (!token.IsCancellationRequested)
        {
            // The others could not agree without it: it is needed.
        }
        finally
        {
            if (!_closing.IsCancellationRequested) await _cluster.RevertToNormalModeAsync(_closing.Token);
        }
    }

    async Task ChangeMembersAsync(string? refused, Func<Task<string?>> change)
    {
        ThrowIfFailed();
        if (!Equals(Leader, Self)) throw new NotLeaderException(Leader);
        if (refused is not null) throw new MembershipException(refused);
        try
        {
            if (await change() is { } failed) throw new MembershipException(failed);
        }
        catch (LibraryNotLeader cause)
        {
            throw new NotLeaderException(Leader, cause);
        }
        catch (RaftCluster<RaftClusterMember>.ConcurrentMembershipModificationException)
        {
            throw new MembershipException("Another change of the members is under way; try again when it is done.");
        }
    }
}
