using System.Security.Cryptography;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Certificates for those who have one: the same identity, a new key and time.</summary>
sealed class CertificatesService(ClusterStore store, ClusterAuthority authority) : Certificates.CertificatesBase
{
    public override Task<JoinReply> Renew(RenewRequest request, ServerCallContext context) => RpcErrors.Translated(() =>
    {
        try
        {
            var reply = new JoinReply { Certificate = authority.Sign(request.SigningRequest.ToByteArray(), context.Caller()), Roots = authority.Record.RootsPem };
            reply.Servers.AddRange(ServerInfo.All(store.Current).Select(server => server.Api));
            return Task.FromResult(reply);
        }
        catch (CryptographicException broken)
        {
            throw RpcErrors.Invalid($"the signing request can't be used: {broken.Message}");
        }
    });
}
