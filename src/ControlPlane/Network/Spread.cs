using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Network;

/// <summary>Waits until a change has come to all who are fed with the network, by whichever server.</summary>
sealed class Spread(ClusterStore store, Followers followers, PeerClients peers, ControlPlaneOptions options, TimeProvider clock)
{
    /// <summary>How long another server may take: its own followers answer in milliseconds, or are hung up on within a lease.</summary>
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(3);

    /// <returns>The nodes among those who have applied the revision.</returns>
    public async Task<IReadOnlySet<string>> WaitAsync(long revision, CancellationToken token)
    {
        var answers = await Task.WhenAll(ServerInfo.All(store.Current).Where(server => server.Name != options.ServerName).Select(server => AskAsync(server, revision, token))
            .Append(followers.AppliedAsync(revision, token)));
        return answers.SelectMany(nodes => nodes).ToHashSet(StringComparer.Ordinal);
    }

    // A server that does not answer feeds nobody for long: who hears nothing from it goes to another one, or loses its lease.
    async Task<IReadOnlyList<string>> AskAsync(ServerInfo server, long revision, CancellationToken token)
    {
        try
        {
            var reply = await peers.At(new Uri(server.Api)).AppliedAsync(new AppliedRequest { Revision = revision }, deadline: clock.GetUtcNow().UtcDateTime + AskTimeout, cancellationToken: token);
            return reply.Nodes;
        }
        catch (RpcException) when (!token.IsCancellationRequested)
        {
            return [];
        }
    }
}
