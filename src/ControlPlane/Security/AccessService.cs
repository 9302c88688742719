using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Who may come in, for whoever runs the cluster.</summary>
sealed class AccessService(ClusterStore store, ClusterAuthority authority, ControlPlaneOptions options, TimeProvider clock) : Access.AccessBase
{
    static readonly TimeSpan LongestLife = TimeSpan.FromDays(365);

    public override Task<CreateTokenReply> CreateToken(CreateTokenRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        if (Identity.PurposeOf(request.Role) is not { } role || role == Purpose.User) throw RpcErrors.Invalid($"a token is for a server, an agent or an ingress, not for \"{request.Role}\"");
        var life = TimeSpan.FromSeconds(request.TtlSeconds);
        if (life <= TimeSpan.Zero || life > LongestLife) throw RpcErrors.Invalid($"a token lives for more than a second and at most {LongestLife.TotalDays} days");
        var (token, record) = await authority.NewTokenAsync(role, life, request.Once, context.Caller().Name, context.CancellationToken);
        var reply = new CreateTokenReply { Token = token.ToText(), Summary = Summary(record) };
        reply.Servers.AddRange(ServerInfo.All(store.Current).Select(server => server.Api));
        if (reply.Servers.Count == 0) reply.Servers.Add(options.ApiAddress.ToString());
        return reply;
    });

    public override Task<ListTokensReply> ListTokens(ListTokensRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var now = clock.GetUtcNow();
        var reply = new ListTokensReply();
        reply.Tokens.AddRange(TokenRecord.All(await store.ReadAsync(context.CancellationToken)).Where(token => token.Expires > now).OrderBy(token => token.Created).Select(Summary));
        return reply;
    });

    public override Task<RevokeTokenReply> RevokeToken(RevokeTokenRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        if (TokenRecord.Of(await store.ReadAsync(context.CancellationToken), request.Id) is null)
            throw new RpcException(new Status(StatusCode.NotFound, $"there is no token {request.Id}; `orch token ls` lists them"));
        await WriteAsync([new Delete(TokenRecord.KeyOf(request.Id))], context);
        return new RevokeTokenReply();
    });

    public override Task<AuthorityStatus> RotateAuthority(RotateAuthorityRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var state = await store.ReadAsync(context.CancellationToken);
        if (authority.Record.Stage == RotationStage.Settled) await WriteAsync([authority.Rotating(authority.Record).Replacing(state)], context);
        return Status(await store.ReadAsync(context.CancellationToken));
    });

    public override Task<AuthorityStatus> GetAuthorityStatus(AuthorityStatusRequest request, ServerCallContext context) =>
        RpcErrors.Translated(async () => Status(await store.ReadAsync(context.CancellationToken)));

    AuthorityStatus Status(ClusterState state)
    {
        var record = authority.Record;
        var introducing = record.Stage == RotationStage.Introducing;
        using var signer = record.Signer;
        var status = new AuthorityStatus
        {
            Stage = record.Stage switch { RotationStage.Settled => "settled", RotationStage.Introducing => "introducing", RotationStage.Replacing => "replacing" },
            Signing = record.SignerDigest,
            Coming = introducing ? record.Roots[0].Digest : record.SignerDigest,
            ExpiresUnixSeconds = new DateTimeOffset(signer.NotAfter).ToUnixTimeSeconds(),
        };
        status.Members.AddRange(MemberRecord.All(state).Where(member => member.Removed is null).OrderBy(member => member.Name, StringComparer.Ordinal).Select(member => new AuthorityMember
        {
            Name = member.Name,
            Role = Identity.WordOf(member.Purpose),
            Trusts = Rotation.Trusts(record, member.Trusts),
            Renewed = !introducing && Rotation.Renewed(record, member.SignedBy),
        }));
        return status;
    }

    async Task WriteAsync(IReadOnlyList<Operation> operations, ServerCallContext context)
    {
        var result = await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), context.Caller().Name) { Operations = operations }, context.CancellationToken);
        if (result is not Applied) throw RpcErrors.Of(result);
    }

    static TokenSummary Summary(TokenRecord token) => new()
    {
        Id = token.Id,
        Role = Identity.WordOf(token.Role),
        CreatedUnixSeconds = token.Created.ToUnixTimeSeconds(),
        ExpiresUnixSeconds = token.Expires.ToUnixTimeSeconds(),
        Once = token.Once,
        CreatedBy = token.CreatedBy,
    };
}
