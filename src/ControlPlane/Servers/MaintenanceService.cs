using System.Net;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Servers;

/// <summary>The servers themselves: how they are, who takes part, and the backup of what they hold.</summary>
sealed partial class MaintenanceService(
    ClusterStore store, PeerClients peers, ControlPlaneOptions options, TimeProvider clock, ILogger<MaintenanceService> log) : Maintenance.MaintenanceBase
{
    /// <summary>A server that does not answer within this is not counted on.</summary>
    static readonly TimeSpan AliveTimeout = TimeSpan.FromSeconds(2);

    public override Task<ServerStatus> Status(StatusRequest request, ServerCallContext context)
    {
        var state = store.Current;
        var figures = store.Figures;
        var status = new ServerStatus
        {
            Name = options.ServerName,
            Version = options.Version,
            Role = store.IsLeader ? MemberRole.Leader : store.Members.Contains(store.Self) ? MemberRole.Follower : MemberRole.Learner,
            Leader = NameOfLeader(state),
            Term = figures.Term,
            AppliedIndex = figures.AppliedIndex,
            SnapshotIndex = figures.SnapshotIndex,
            Revision = state.Revision,
            OldestRevision = store.OldestRevision,
            Objects = state.Count,
            DataBytes = figures.DataBytes,
            Failure = store.Failed.IsCompletedSuccessfully ? store.Failed.Result.Message : "",
        };
        status.Voters.AddRange(store.Members.Select(member => member.ToString()));
        return Task.FromResult(status);
    }

    public override Task<ListMembersReply> ListMembers(ListMembersRequest request, ServerCallContext context) => Task.FromResult(Members(store.Current));

    public override Task<ListMembersReply> AddMember(AddMemberRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        if (request.Name.Length == 0) throw RpcErrors.Invalid("the name of the server is missing");
        if (!IPEndPoint.TryParse(request.Raft, out var raft)) throw RpcErrors.Invalid($"\"{request.Raft}\" is no address:port of a server");
        if (!Uri.TryCreate(request.Api, UriKind.Absolute, out _)) throw RpcErrors.Invalid($"\"{request.Api}\" is no URI of a server's API");
        var state = await store.ReadAsync(context.CancellationToken);
        var other = ServerInfo.All(state).FirstOrDefault(each => (each.Name == request.Name) != (each.Raft == request.Raft));
        if (other is not null) throw Refused($"there is a server {other.Name} at {other.Raft} already; remove it first: orch cluster remove {other.Name}");
        var info = new ServerInfo(request.Name, raft.ToString(), request.Api.TrimEnd('/'), request.Version);
        if (info.Put(state) is { } operation) await WriteAsync([operation], context);
        Added(info.Name, info.Raft);
        return Members(store.Current);
    });

    public override Task<ListMembersReply> PromoteMember(PromoteMemberRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var info = Named(await store.ReadAsync(context.CancellationToken), request.Name);
        if (info.Votes(store)) throw Refused($"server {info.Name} votes already");
        await ChangeAsync(info, add: true, context.CancellationToken);
        Promoted(info.Name, info.Raft);
        return Members(store.Current);
    });

    public override Task<ListMembersReply> RemoveMember(RemoveMemberRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var state = await store.ReadAsync(context.CancellationToken);
        var info = Named(state, request.Name);
        if (info.Votes(store))
        {
            await CheckMajorityWithoutAsync(state, info, context.CancellationToken);
            await ChangeAsync(info, add: false, context.CancellationToken);
        }

        await WriteAsync([new Delete(info.Key), .. MemberRecord.Removal(state, info.Name, clock.GetUtcNow(), options.CertificateLife)], context);
        Removed(info.Name, info.Raft);
        return Members(store.Current);
    });

    /// <summary>A removal must not leave a cluster that can't write.</summary>
    async Task CheckMajorityWithoutAsync(ClusterState state, ServerInfo leaving, CancellationToken token)
    {
        var staying = store.Members.Select(member => member.ToString()).Where(raft => raft != leaving.Raft).ToList();
        var known = ServerInfo.All(state).ToDictionary(each => each.Raft);
        var answers = await Task.WhenAll(staying.Select(raft => raft == store.Self.ToString() ? Task.FromResult(true) : AnswersAsync(known.GetValueOrDefault(raft), token)));
        var majority = (staying.Count / 2) + 1;
        var alive = answers.Count(answers => answers);
        if (staying.Count == 0) throw Refused("the last server can't be removed: the cluster would be gone");
        if (alive < majority)
            throw Refused($"without {leaving.Name} only {alive} of {staying.Count} servers that vote would answer, and {majority} are needed; bring the others back, or remove those that are dead first");
    }

    async Task<bool> AnswersAsync(ServerInfo? server, CancellationToken token)
    {
        if (server is null) return false;
        try
        {
            await new Maintenance.MaintenanceClient(peers.Channel(new Uri(server.Api))).StatusAsync(new StatusRequest(), deadline: DateTime.UtcNow + AliveTimeout, cancellationToken: token);
            return true;
        }
        catch (RpcException) when (!token.IsCancellationRequested)
        {
            return false;
        }
    }

    async Task ChangeAsync(ServerInfo info, bool add, CancellationToken token)
    {
        try
        {
            await store.ChangeMembersAsync(IPEndPoint.Parse(info.Raft), add, token);
        }
        catch (MembershipException refused)
        {
            throw new RpcException(new Status(StatusCode.Aborted, refused.Message));
        }
    }

    async Task WriteAsync(IReadOnlyList<Operation> operations, ServerCallContext context)
    {
        var result = await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), context.Caller().Name) { Operations = operations }, context.CancellationToken);
        if (result is not (Applied or NotFound)) throw RpcErrors.Of(result);
    }

    static ServerInfo Named(ClusterState state, string name) => ServerInfo.All(state).FirstOrDefault(each => each.Name == name)
        ?? throw new RpcException(new Status(StatusCode.NotFound, $"there is no server {name}; there are {string.Join(", ", ServerInfo.All(state).Select(each => each.Name))}"));

    static RpcException Refused(string why) => new(new Status(StatusCode.FailedPrecondition, why));

    string NameOfLeader(ClusterState state) =>
        store.Leader is not { } leader ? "" : ServerInfo.All(state).FirstOrDefault(each => each.Raft == leader.Raft.ToString())?.Name ?? leader.Raft.ToString();

    ListMembersReply Members(ClusterState state)
    {
        var reply = new ListMembersReply();
        var voters = store.Members.Select(member => member.ToString()).ToHashSet();
        var leader = store.Leader?.Raft.ToString();
        foreach (var server in ServerInfo.All(state))
        {
            var role = server.Raft == leader ? MemberRole.Leader : voters.Contains(server.Raft) ? MemberRole.Follower : MemberRole.Learner;
            reply.Members.Add(new Member { Name = server.Name, Role = role, Raft = server.Raft, Api = server.Api, Version = server.Version });
            voters.Remove(server.Raft);
        }

        reply.Members.AddRange(voters.Order(StringComparer.Ordinal).Select(raft => new Member { Raft = raft, Role = raft == leader ? MemberRole.Leader : MemberRole.Follower }));
        return reply;
    }

    [LoggerMessage(EventIds.MemberAdded, LogLevel.Information, "Server {Name} at {Raft} is a learner of the cluster")]
    partial void Added(string name, string raft);

    [LoggerMessage(EventIds.MemberPromoted, LogLevel.Information, "Server {Name} at {Raft} votes from now on")]
    partial void Promoted(string name, string raft);

    [LoggerMessage(EventIds.MemberRemoved, LogLevel.Information, "Server {Name} at {Raft} was removed from the cluster")]
    partial void Removed(string name, string raft);
}
