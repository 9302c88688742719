using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Scheduler;

namespace Orchestrator.ControlPlane.Scheduling;

/// <summary>
/// Places pending pods while this server leads: a snapshot, one decision for all of them, and their bindings written together. A pod that fits
/// nowhere gets the reason into its status.
/// </summary>
sealed partial class SchedulingLoop(ClusterStore store, TimeProvider clock, ILogger<SchedulingLoop> log)
{
    /// <summary>How long changes are gathered before a decision, so that pods that come together are placed together.</summary>
    static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(5);

    /// <summary>How soon a round that the store refused is repeated.</summary>
    static readonly TimeSpan Again = TimeSpan.FromMilliseconds(200);

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        while (true)
        {
            var state = store.Current;
            var complete = await PlaceAsync(state, writer, token);
            if (!complete)
            {
                await Task.Delay(Again, clock, token);
                continue;
            }

            await ChangeAsync(state.Revision, token);
            await Task.Delay(Gathering, clock, token);
        }
    }

    /// <summary>False when something was not written, so that it has to be decided anew.</summary>
    async Task<bool> PlaceAsync(ClusterState state, LeaderWriter writer, CancellationToken token)
    {
        var pending = Placement.Pending(state);
        if (pending.Count == 0) return true;
        try
        {
            var written = await Task.WhenAll(Placement.Decide(state, pending).Select(decision => WriteAsync(decision, writer, token)));
            return written.All(done => done);
        }
        catch (StoreUnavailableException unavailable)
        {
            Unavailable(unavailable.Message);
            return false;
        }
    }

    async Task<bool> WriteAsync(Decision decision, LeaderWriter writer, CancellationToken token)
    {
        var pod = decision.Pod;
        switch (decision)
        {
            case Placed placed:
                var bound = await writer.WriteAsync([new Bind(pod.Key, pod.Metadata.Uid!, placed.Node)], "Scheduler", token); // stored objects have a uid
                if (bound is not Applied applied) return false;
                Bound(pod.Key, placed.Node, applied.Revision);
                return true;
            case Unplaced unplaced:
                var reason = new Condition
                {
                    Type = PodConditions.PodScheduled,
                    Status = ConditionStatus.False,
                    Reason = "Unschedulable",
                    Message = unplaced.Summary(),
                    LastTransitionTime = clock.GetUtcNow(),
                };
                var present = pod.Status.Conditions.Find(reason.Type);
                if (present is { Status: ConditionStatus.False } && present.Message == reason.Message) return true;
                NotBound(pod.Key, reason.Message);
                var explained = pod with { Status = pod.Status with { Conditions = pod.Status.Conditions.With(reason) } };
                return await writer.WriteAsync([new UpdateStatus(explained)], "Scheduler", token) is Applied;
            default:
                throw new System.Diagnostics.UnreachableException($"no rule for {decision.GetType().Name}");
        }
    }

    /// <summary>Waits for a change that may let a pod be placed.</summary>
    async Task ChangeAsync(long revision, CancellationToken token)
    {
        try
        {
            await foreach (var changed in store.WatchAsync(revision, token))
            {
                if (changed.Changes.Any(change => change.Key.Kind is Pod.KindName or Node.KindName)) return;
            }
        }
        catch (CompactedException)
        {
            // So much has changed that it is time to look.
        }
    }

    [LoggerMessage(EventIds.PodPlaced, LogLevel.Information, "{Pod} -> {Node} (revision {Revision})")]
    partial void Bound(ResourceKey pod, string node, long revision);

    [LoggerMessage(EventIds.PodUnplaced, LogLevel.Information, "{Pod} stays pending: {Reason}")]
    partial void NotBound(ResourceKey pod, string reason);

    [LoggerMessage(EventIds.SchedulerWaits, LogLevel.Warning, "The store is not available to the scheduler: {Message}")]
    partial void Unavailable(string message);
}
