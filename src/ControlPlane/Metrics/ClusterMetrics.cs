using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Metrics;

/// <summary>What all servers together have heard. One that does not answer holds no stream for long: its nodes are left out until they have found another.</summary>
sealed class ClusterMetrics(ClusterStore store, HeardMetrics heard, PeerClients peers, ControlPlaneOptions options, TimeProvider clock)
{
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(1);

    public async Task<MetricsReply> GatherAsync(CancellationToken token)
    {
        var replies = await Task.WhenAll(ServerInfo.All(store.Current).Where(server => server.Name != options.ServerName).Select(server => AskAsync(server, token))
            .Prepend(Task.FromResult(heard.Reply())));
        var gathered = new MetricsReply();
        // A node that has just gone to another server is still in what its former one heard.
        gathered.Nodes.AddRange(replies.SelectMany(reply => reply.Nodes).GroupBy(node => node.Node, StringComparer.Ordinal).Select(same => same.First()).OrderBy(node => node.Node, StringComparer.Ordinal));
        gathered.Ingresses.AddRange(replies.SelectMany(reply => reply.Ingresses).GroupBy(ingress => ingress.Ingress, StringComparer.Ordinal).Select(same => same.First()).OrderBy(ingress => ingress.Ingress, StringComparer.Ordinal));
        return gathered;
    }

    async Task<MetricsReply> AskAsync(ServerInfo server, CancellationToken token)
    {
        try
        {
            return await peers.At(new Uri(server.Api)).MetricsAsync(new MetricsRequest(), deadline: clock.GetUtcNow().UtcDateTime + AskTimeout, cancellationToken: token);
        }
        catch (RpcException) when (!token.IsCancellationRequested)
        {
            return new MetricsReply();
        }
    }
}
