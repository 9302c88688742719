using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.ControlPlane.Network;

/// <summary>
/// Waits until nobody sends anything new to a pod: it is ready in no slice, and every living node and every connected ingress, whichever server feeds
/// it, has applied that. A lost node is not waited for; one whose agent is away is, until its lease is over.
/// </summary>
sealed class Withdrawal(ClusterStore store, Followers followers, PeerClients peers, ControlPlaneOptions options, TimeProvider clock)
{
    /// <summary>How long another server may take: its own followers answer in milliseconds, or are hung up on within a lease.</summary>
    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(3);

    /// <summary>Between looks for nodes that nobody feeds at the moment.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public async Task WaitAsync(string podUid, CancellationToken token)
    {
        var state = store.Current;
        while (IsListed(state, podUid))
        {
            await store.ChangeAsync(state.Revision, static change => change.Key.Kind == EndpointSlice.KindName, token);
            state = store.Current;
        }

        while (true)
        {
            var answers = await Task.WhenAll(ServerInfo.All(state).Where(server => server.Name != options.ServerName).Select(server => AskAsync(server, state.Revision, token))
                .Append(followers.AppliedAsync(state.Revision, token)));
            var applied = answers.SelectMany(nodes => nodes).ToHashSet(StringComparer.Ordinal);
            if (store.Current.All<Node>(Node.KindName).Where(node => node.Status.Conditions.IsTrue(NodeConditions.Ready)).All(node => applied.Contains(node.Name))) return;
            await Task.Delay(Pause, clock, token);
        }
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

    static bool IsListed(ClusterState state, string podUid) => state.All<EndpointSlice>(EndpointSlice.KindName)
        .Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == podUid && EndpointSliceReconciler.IsReady(endpoint)));
}
