using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>How a machine gets its first certificate: for a token, under a name that is free, at an address that is reached. All of it holds, or nothing is changed.</summary>
sealed partial class JoiningService(
    ClusterStore store, ClusterAuthority authority, FailedTries failures, ControlPlaneOptions options, TimeProvider clock, ILogger<JoiningService> log) : Joining.JoiningBase
{
    static readonly TimeSpan ReachTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Tries of the whole when something else has changed meanwhile.</summary>
    const int Tries = 5;

    public override Task<Authority> GetAuthority(GetAuthorityRequest request, ServerCallContext context) => RpcErrors.Translated(() =>
        Task.FromResult(new Authority { Roots = authority.Record.RootsPem, UnixMilliseconds = clock.GetUtcNow().ToUnixTimeMilliseconds() }));

    public override Task<JoinReply> Join(JoinRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        for (var attempt = 1; ; attempt++)
        {
            var state = await store.ReadAsync(context.CancellationToken);
            var (token, revision) = Checked(state, request);
            var (member, notice) = Newcomer(state, token.Role, request.Name);
            await CheckReachedAsync(request, token.Role, context.CancellationToken);
            var certificate = Signed(request, member);
            // Whoever is let in is known to the one who decides that a root is needed no more.
            List<Operation> operations = [new Expect(token.Key, revision), AuthorityRecord.Unchanged(state), .. member.Put(state)];
            if (token.Once) operations.Add(new Delete(token.Key));
            var command = new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"{Identity.WordOf(token.Role)} {request.Name}") { Operations = operations };
            if (await store.WriteAsync(command, context.CancellationToken) is not Applied and var refused)
            {
                if (attempt < Tries) continue; // the token was used, or the name taken, a moment ago: the next look says which
                throw RpcErrors.Of(refused);
            }

            HasJoined(Identity.WordOf(token.Role), member.Name, token.Id, context.Peer);
            var reply = new JoinReply { Certificate = certificate, Roots = authority.Record.RootsPem, Notice = notice };
            reply.Servers.AddRange(ServerInfo.All(state).Select(server => server.Api));
            if (reply.Servers.Count == 0) reply.Servers.Add(options.ApiAddress.ToString());
            if (token.Role == Purpose.Server) reply.ClusterKey = authority.KeyText;
            return reply;
        }
    });

    (TokenRecord Token, long Revision) Checked(ClusterState state, JoinRequest request)
    {
        if (!failures.MayTry) throw new RpcException(new Status(StatusCode.ResourceExhausted, "too many tokens that are not good were tried here; try again in a few seconds"));
        if (TokenRecord.Of(state, request.TokenId) is not var (token, revision) || !token.Fits(request.Secret))
        {
            failures.Count();
            Refused(request.Name, request.TokenId);
            throw Denied("the token is not good here: it was used, revoked, or belongs to another cluster; `orch token create` makes a new one");
        }

        if (token.Expires <= clock.GetUtcNow()) throw Denied($"the token expired at {token.Expires:yyyy-MM-dd HH:mm:ss} UTC; `orch token create --role {Identity.WordOf(token.Role)}` makes a new one");
        if (Identity.WordOf(token.Role) != request.Role) throw Denied($"the token is for role {Identity.WordOf(token.Role)}, not for {request.Role}; `orch token create --role {request.Role}` makes the right one");
        return (token, revision);
    }

    (MemberRecord Member, string Notice) Newcomer(ClusterState state, Purpose role, string name)
    {
        if (!MemberRecord.IsName(name)) throw RpcErrors.Invalid($"\"{name}\" is no name of a machine; use lower-case letters, digits, - and . (--name)");
        var known = MemberRecord.Of(state, name);
        if (ServerInfo.All(state).FirstOrDefault(server => server.Name == name) is { } server)
            throw Taken($"there is a server {name} at {server.Raft} already; choose another --name, or take that one out with `orch cluster remove {name}`");
        var node = state.Find<Node>(Node.KindName, "", name);
        if (known is { Removed: null } && node?.IsReady() == true)
            throw Taken($"a node {name} is alive at {node.Status.InternalIp()}; choose another --name, or take that one out with `orch delete node {name}`");
        var member = new MemberRecord(role, name, Identity.NewMembership(clock.GetUtcNow(), known?.Membership), clock.GetUtcNow());
        var notice = known is { Removed: null } ? $"the name {name} was that of a machine that joined at {known.Joined:yyyy-MM-dd HH:mm} UTC and is not alive: its certificate is worth nothing from now on" : "";
        return (member, notice);
    }

    string Signed(JoinRequest request, MemberRecord member)
    {
        try
        {
            return authority.Sign(request.SigningRequest.ToByteArray(), new Identity(member.Purpose, member.Name, member.Membership));
        }
        catch (CryptographicException broken)
        {
            throw RpcErrors.Invalid($"the signing request can't be used: {broken.Message}");
        }
    }

    /// <summary>A server that the others can't reach, or a node whose pods they can't reach, is noticed now and not later.</summary>
    async Task CheckReachedAsync(JoinRequest request, Purpose role, CancellationToken token)
    {
        if (!IPEndPoint.TryParse(request.ReachedAt, out var address)) throw RpcErrors.Invalid($"\"{request.ReachedAt}\" is no address:port");
        using var time = CancellationTokenSource.CreateLinkedTokenSource(token);
        time.CancelAfter(ReachTimeout);
        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(address, time.Token);
        }
        catch (SocketException refused) when (role != Purpose.Server && refused.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // A firewall that says no is reached; only servers need to be connected to.
        }
        catch (Exception refused) when (refused is SocketException || (refused is OperationCanceledException && !token.IsCancellationRequested))
        {
            throw new RpcException(new Status(StatusCode.FailedPrecondition,
                $"server {options.ServerName} does not reach {address.Address}: {(refused is SocketException error ? error.SocketErrorCode : "no answer")}; give --advertise an address that the others reach, and open it in firewalls"));
        }
    }

    static RpcException Denied(string why) => new(new Status(StatusCode.PermissionDenied, why));

    static RpcException Taken(string why) => new(new Status(StatusCode.AlreadyExists, why));

    [LoggerMessage(EventIds.Joined, LogLevel.Information, "{Role} {Name} has joined with token {Token} from {Peer}")]
    partial void HasJoined(string role, string name, string token, string peer);

    [LoggerMessage(EventIds.JoinRefused, LogLevel.Warning, "{Name} wanted to join with token {Token}, which is not good")]
    partial void Refused(string name, string token);
}

/// <summary>How often wrong tokens were tried at this server lately: a limit on guessing that costs nobody who has a good one more than seconds.</summary>
sealed class FailedTries(TimeProvider clock)
{
    static readonly TimeSpan Window = TimeSpan.FromSeconds(5);

    const int MostInWindow = 10;

    readonly Lock _access = new();
    readonly Queue<DateTimeOffset> _failures = new();

    public bool MayTry
    {
        get
        {
            lock (_access)
            {
                while (_failures.TryPeek(out var oldest) && clock.GetUtcNow() - oldest > Window) _failures.Dequeue();
                return _failures.Count < MostInWindow;
            }
        }
    }

    public void Count()
    {
        lock (_access) _failures.Enqueue(clock.GetUtcNow());
    }
}
