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
sealed class Withdrawal(ClusterStore store, Spread spread, TimeProvider clock)
{
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
            var applied = await spread.WaitAsync(state.Revision, token);
            if (store.Current.All<Node>(Node.KindName).Where(node => node.Status.Conditions.IsTrue(NodeConditions.Ready)).All(node => applied.Contains(node.Name))) return;
            await Task.Delay(Pause, clock, token);
        }
    }

    static bool IsListed(ClusterState state, string podUid) => state.All<EndpointSlice>(EndpointSlice.KindName)
        .Any(slice => slice.Endpoints.Any(endpoint => endpoint.TargetRef?.Uid == podUid && EndpointSliceReconciler.IsReady(endpoint)));
}
