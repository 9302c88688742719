using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
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

    const string Author = "Scheduler";

    /// <summary>The kinds whose changes may let a pod be placed.</summary>
    static readonly string[] Kinds =
        [Pod.KindName, Node.KindName, Namespace.KindName, PriorityClass.KindName, PodDisruptionBudget.KindName, ResourceQuota.KindName, PodGroup.KindName];

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

            await store.ChangeAsync(state.Revision, static change => Kinds.Contains(change.Key.Kind), token);
            await Task.Delay(Gathering, clock, token);
        }
    }

    /// <summary>False when something was not written, so that it has to be decided anew.</summary>
    async Task<bool> PlaceAsync(ClusterState state, LeaderWriter writer, CancellationToken token)
    {
        var pending = Placement.Pending(state);
        if (pending.Count == 0) return true;
        var decisions = Placement.Decide(state, pending);
        try
        {
            var writes = Bindings.Together([.. decisions.OfType<Placed>()]).Select(placed => BindAsync(state, placed, writer, token))
                .Concat(decisions.OfType<Preempting>().Select(preempting => PreemptAsync(preempting, writer, token)))
                .Concat(decisions.OfType<Unplaced>().Select(unplaced => ExplainAsync(unplaced, writer, token)));
            var written = await Task.WhenAll(writes.ToList());
            return written.All(done => done);
        }
        catch (StoreUnavailableException unavailable)
        {
            Unavailable(unavailable.Message);
            return false;
        }
    }

    async Task<bool> BindAsync(ClusterState state, IReadOnlyList<Placed> placed, LeaderWriter writer, CancellationToken token)
    {
        if (await writer.WriteAsync(Bindings.Of(state, placed), Author, token) is not Applied applied) return false;
        foreach (var each in placed) Bound(each.Pod.Key, each.Node, applied.Revision);
        return true;
    }

    async Task<bool> PreemptAsync(Preempting preempting, LeaderWriter writer, CancellationToken token)
    {
        if (await writer.WriteAsync(Bindings.Of(preempting, clock.GetUtcNow()), Author, token) is not Applied applied) return false;
        Preempted(preempting.Pod.Key, preempting.Node, string.Join(", ", preempting.Victims.Select(victim => victim.Key)), applied.Revision);
        return true;
    }

    async Task<bool> ExplainAsync(Unplaced unplaced, LeaderWriter writer, CancellationToken token)
    {
        var (pod, message) = (unplaced.Pod, unplaced.Summary());
        var present = pod.Status.Conditions.Find(PodConditions.PodScheduled);
        if (present is { Status: ConditionStatus.False } && present.Message == message) return true;
        NotBound(pod.Key, message);
        var explained = pod with { Status = Bindings.Waiting(pod.Status, message, clock.GetUtcNow()) };
        return await writer.WriteAsync([new UpdateStatus(explained)], Author, token) is Applied;
    }

    [LoggerMessage(EventIds.PodPlaced, LogLevel.Information, "{Pod} -> {Node} (revision {Revision})")]
    partial void Bound(ResourceKey pod, string node, long revision);

    [LoggerMessage(EventIds.PodsPreempted, LogLevel.Information, "{Pod} -> {Node} when {Victims} made way (revision {Revision})")]
    partial void Preempted(ResourceKey pod, string node, string victims, long revision);

    [LoggerMessage(EventIds.PodUnplaced, LogLevel.Information, "{Pod} stays pending: {Reason}")]
    partial void NotBound(ResourceKey pod, string reason);

    [LoggerMessage(EventIds.SchedulerWaits, LogLevel.Warning, "The store is not available to the scheduler: {Message}")]
    partial void Unavailable(string message);
}
