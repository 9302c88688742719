using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Autoscaling;

namespace Orchestrator.ControlPlane.Metrics;

/// <summary>Looks at every autoscaler while this server leads, as often as metrics come in.</summary>
sealed partial class AutoscalingLoop(ClusterStore store, ClusterMetrics metrics, TimeProvider clock, ILogger<AutoscalingLoop> log)
{
    static readonly TimeSpan Period = TimeSpan.FromSeconds(5);

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        Dictionary<string, AutoscalerMemory> memories = new(StringComparer.Ordinal);
        using var timer = new PeriodicTimer(Period, clock);
        while (await timer.WaitForNextTickAsync(token))
        {
            var all = store.Current.All<HorizontalPodAutoscaler>(HorizontalPodAutoscaler.KindName).ToList();
            foreach (var gone in memories.Keys.Except(all.Select(UidOf)).ToList()) memories.Remove(gone);
            if (all.Count == 0) continue;
            var usage = UsageReading.Of(await metrics.GatherAsync(token), store.Current);
            foreach (var autoscaler in all)
                memories[UidOf(autoscaler)] = await LookAsync(autoscaler.Key, usage, memories.GetValueOrDefault(UidOf(autoscaler)) ?? AutoscalerMemory.Empty, writer, token);
        }
    }

    async Task<AutoscalerMemory> LookAsync(ResourceKey key, Usage usage, AutoscalerMemory memory, LeaderWriter writer, CancellationToken token)
    {
        var state = store.Current;
        if (state.Find(key) is not HorizontalPodAutoscaler autoscaler) return memory;
        var (plan, remembered) = Autoscaler.Decide(state, autoscaler, usage, memory, clock.GetUtcNow());
        if (plan.IsEmpty) return remembered;
        try
        {
            // What somebody changed meanwhile is looked at in the next round, as if this one had not been.
            if (await writer.WriteAsync(plan.Operations, "Autoscaler", token) is not Applied) return memory;
        }
        catch (StoreUnavailableException)
        {
            return memory;
        }

        if (plan.Because.Length > 0) Scaled(plan.Because);
        return remembered;
    }

    static string UidOf(HorizontalPodAutoscaler autoscaler) => autoscaler.Metadata.Uid!; // stored ones have one

    [LoggerMessage(EventIds.Scaled, LogLevel.Information, "{Because}")]
    partial void Scaled(string because);
}
