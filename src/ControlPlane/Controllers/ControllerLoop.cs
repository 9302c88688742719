using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile;
using Orchestrator.Reconcile.Deployments;
using Orchestrator.Reconcile.Garbage;
using Orchestrator.Reconcile.Nodes;
using Orchestrator.Reconcile.ReplicaSets;
using Orchestrator.Reconcile.Services;

namespace Orchestrator.ControlPlane.Controllers;

/// <summary>
/// Runs the reconcilers while this server leads: waits for a change, lets the reconciler that it concerns decide, and writes what it decided,
/// fenced by the leader's epoch.
/// </summary>
sealed partial class ControllerLoop(ClusterStore store, ControlPlaneOptions options, TimeProvider clock, ILogger<ControllerLoop> log)
{
    const int Workers = 4;

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        using var queue = new WorkQueue<Work>(clock);
        var workers = Enumerable.Range(0, Workers).Select(_ => WorkAsync(queue, writer, token));
        await Task.WhenAll([FeedAsync(queue, token), .. workers]);
    }

    async Task FeedAsync(WorkQueue<Work> queue, CancellationToken token)
    {
        while (true)
        {
            var state = store.Current;
            foreach (var work in Work.All(state)) queue.Add(work);
            try
            {
                await foreach (var revision in store.WatchAsync(state.Revision, token))
                {
                    var now = store.Current;
                    foreach (var change in revision.Changes)
                        foreach (var work in Work.Concerned(change, now)) queue.Add(work);
                }
            }
            catch (CompactedException)
            {
                // Too far behind to hear of each change: look at everything again.
            }
        }
    }

    async Task WorkAsync(WorkQueue<Work> queue, LeaderWriter writer, CancellationToken token)
    {
        while (true)
        {
            var work = await queue.TakeAsync(token);
            var failed = true;
            try
            {
                var plan = Decide(work);
                failed = !plan.IsEmpty && !await CarryOutAsync(work, plan, writer, token);
                if (plan.NextCheck is { } next) queue.AddLater(work, next - clock.GetUtcNow());
            }
            catch (StoreUnavailableException unavailable)
            {
                Unavailable(work, unavailable.Message);
            }
            catch (Exception bug) when (bug is not OperationCanceledException)
            {
                Failed(bug, work);
            }
            finally
            {
                queue.Done(work, failed);
            }
        }
    }

    Plan Decide(Work work)
    {
        var state = store.Current;
        var now = clock.GetUtcNow();
        var ids = new Ids(Random.Shared.Next());
        return work.Controller switch
        {
            Controller.Deployments => state.Find<Deployment>(Deployment.KindName, work.Namespace, work.Name) is { } deployment
                ? DeploymentReconciler.Reconcile(state, deployment, now, ids)
                : Plan.Nothing,
            Controller.ReplicaSets => state.Find<ReplicaSet>(ReplicaSet.KindName, work.Namespace, work.Name) is { } set
                ? ReplicaSetReconciler.Reconcile(state, set, now, ids)
                : Plan.Nothing,
            Controller.Endpoints => state.Find<Service>(Service.KindName, work.Namespace, work.Name) is { } service
                ? EndpointSliceReconciler.Reconcile(state, service, ids)
                : Plan.Nothing,
            Controller.NodeCidrs => NodeCidrs.Reconcile(state, options.ClusterCidr),
            Controller.Garbage => GarbageReconciler.Reconcile(state),
        };
    }

    /// <summary>True when the plan is in the log; false when the world had moved on and has to be looked at again.</summary>
    async Task<bool> CarryOutAsync(Work work, Plan plan, LeaderWriter writer, CancellationToken token)
    {
        var result = await writer.WriteAsync(plan.Operations, work.Controller.ToString(), token);
        if (result is Applied applied)
        {
            if (plan.Because.Length > 0) CarriedOut(work, plan.Because, applied.Revision);
            return true;
        }

        Refused(work, result);
        return false;
    }

    [LoggerMessage(EventIds.PlanCarriedOut, LogLevel.Information, "{Work}: {Because} (revision {Revision})")]
    partial void CarriedOut(Work work, string because, long revision);

    [LoggerMessage(EventIds.PlanRefused, LogLevel.Debug, "{Work}: looks again, because of {Result}")]
    partial void Refused(Work work, ApplyResult result);

    [LoggerMessage(EventIds.StoreUnavailable, LogLevel.Warning, "{Work}: the store is not available: {Message}")]
    partial void Unavailable(Work work, string message);

    [LoggerMessage(EventIds.ControllerFailed, LogLevel.Error, "{Work} failed; it is tried again")]
    partial void Failed(Exception bug, Work work);
}
