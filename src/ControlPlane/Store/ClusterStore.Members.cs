using System.Net;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store.Raft;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// Who takes part: a server joins with the cluster's latest snapshot as a learner, which holds data and does not vote;
/// it is promoted to a member that votes, and removed.
/// </summary>
public sealed partial class ClusterStore
{
    /// <summary>A server that is made a member may have to be sent everything first.</summary>
    static readonly TimeSpan MembershipTimeout = TimeSpan.FromMinutes(5);

    /// <summary>Whether a data directory has never been that of a server.</summary>
    public static bool IsNew(StoreOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return !File.Exists(RaftStateLog.MembersPath(options));
    }

    /// <summary>Before the store of a joining server is opened for the first time: takes the snapshot of a server that has one.</summary>
    /// <returns>The index of the snapshot that was taken; 0 when nobody has one, or this server was here before.</returns>
    /// <exception cref="NoLeaderException">None of the servers answers.</exception>
    /// <exception cref="CorruptSnapshotException">What arrived is damaged.</exception>
    public static async Task<long> FetchSnapshotAsync(StoreOptions options, IEnumerable<Peer.PeerClient> servers, CancellationToken token)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(servers);
        using var held = DataDirectoryLock.Take(options.DataDirectory);
        if (!IsNew(options)) return 0;
        var directory = new SnapshotDirectory(RaftStateLog.SnapshotsPath(options));
        RpcException? last = null;
        foreach (var server in servers)
        {
            try
            {
                return await FetchSnapshotAsync(server, directory, minIndex: 0, token);
            }
            catch (RpcException unreachable) when (!token.IsCancellationRequested)
            {
                last = unreachable;
            }
        }

        throw new NoLeaderException(TimeSpan.Zero, last);
    }

    /// <summary>Makes a learner a member that votes, or takes a member out, through the leader wherever it is.</summary>
    /// <exception cref="MembershipException">It can't be.</exception>
    /// <exception cref="NoLeaderException">No leader was found in time. The change may or may not be made: look at the members.</exception>
    public async Task ChangeMembersAsync(IPEndPoint member, bool add, CancellationToken token)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(MembershipTimeout);
        while (true)
        {
            try
            {
                var leader = _log.Leader ?? await _log.WaitForLeaderAsync(time.Token);
                if (_log.Members.Contains(member) == add) return; // an earlier try, whose answer was lost
                if (leader.Equals(_log.Self))
                {
                    await ChangeMembersHereAsync(member, add, time.Token);
                    return;
                }

                var request = add ? new ChangeMembersRequest { Add = member.ToString() } : new ChangeMembersRequest { Remove = member.ToString() };
                await WhileLeaderAsync(leader, (peer, calling) => peer.ChangeMembersAsync(request, cancellationToken: calling), time.Token);
                return;
            }
            catch (RpcException refused) when (refused.StatusCode == StatusCode.Aborted)
            {
                throw new MembershipException(refused.Status.Detail);
            }
            catch (Exception lost) when (lost is NotLeaderException or RpcException && !time.IsCancellationRequested)
            {
                await Task.Delay(Pause, _clock, time.Token);
            }
            catch (Exception late) when (late is OperationCanceledException or RpcException && !token.IsCancellationRequested)
            {
                throw new NoLeaderException(MembershipTimeout, late);
            }
        }
    }

    /// <summary>For the leader's Peer service.</summary>
    internal Task ChangeMembersHereAsync(IPEndPoint member, bool add, CancellationToken token) =>
        add ? _log.AddMemberAsync(member, token) : _log.RemoveMemberAsync(member, token);

    static async Task<long> FetchSnapshotAsync(Peer.PeerClient server, SnapshotDirectory directory, long minIndex, CancellationToken token)
    {
        using var call = server.FetchSnapshot(new FetchSnapshotRequest { MinIndex = minIndex }, cancellationToken: token);
        var file = directory.NewFile();
        var index = 0L;
        try
        {
            await using (var received = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None))
            {
                await foreach (var part in call.ResponseStream.ReadAllAsync(token))
                {
                    if (index == 0) index = part.Index;
                    await received.WriteAsync(part.Data.Memory, token);
                }
            }

            if (index > 0) directory.Publish(file, index); // verifies and flushes it first
            return index;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
