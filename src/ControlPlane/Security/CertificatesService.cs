using System.Security.Cryptography;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Certificates for those who have one: the same identity, a new key and time; and the roots, while they change.</summary>
sealed class CertificatesService(ClusterStore store, ClusterAuthority authority, TimeProvider clock) : Certificates.CertificatesBase
{
    /// <summary>Of a note that lost against another write, before it is looked at again.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    public override Task<JoinReply> Renew(RenewRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        await store.ReadAsync(context.CancellationToken); // a server that lags could sign with a root that is needed no more
        try
        {
            var reply = new JoinReply { Certificate = authority.Sign(request.SigningRequest.ToByteArray(), context.Caller()), Roots = authority.Record.RootsPem };
            reply.Servers.AddRange(ServerInfo.All(store.Current).Select(server => server.Api));
            return reply;
        }
        catch (CryptographicException broken)
        {
            throw RpcErrors.Invalid($"the signing request can't be used: {broken.Message}");
        }
    });

    public override Task Follow(FollowRequest request, IServerStreamWriter<AuthorityNews> responseStream, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        await NoteAsync(request, context.Caller(), context.CancellationToken);
        while (true)
        {
            var revision = store.Current.Revision;
            var record = authority.Record;
            var (trusts, renewed) = (Rotation.Trusts(record, request.Trusts), Rotation.Renewed(record, request.SignedBy));
            if (!trusts || !renewed)
            {
                await responseStream.WriteAsync(new AuthorityNews { Roots = record.RootsPem, Renew = !renewed }, context.CancellationToken);
                return true;
            }

            await store.ChangeAsync(revision, static change => change.Key == AuthorityRecord.Key, context.CancellationToken);
        }
    });

    /// <summary>Keeps what a member says of itself, if it is another thing than before: the change to a new CA waits for that.</summary>
    async Task NoteAsync(FollowRequest request, Identity caller, CancellationToken token)
    {
        while (true)
        {
            var state = await store.ReadAsync(token);
            if (MemberRecord.Of(state, caller.Name) is not { } member || member.Membership != caller.Membership || (member.Trusts == request.Trusts && member.SignedBy == request.SignedBy)) return;
            var operations = (member with { Trusts = request.Trusts, SignedBy = request.SignedBy }).Put(state);
            if (await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), caller.ToString()) { Operations = operations }, token) is Applied) return;
            await Task.Delay(Pause, clock, token);
        }
    }
}
