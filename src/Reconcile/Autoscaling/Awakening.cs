using Orchestrator.Model.Autoscaling;
using Orchestrator.Model.Services;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;
using Orchestrator.Reconcile.Routes;

namespace Orchestrator.Reconcile.Autoscaling;

/// <summary>Starts the first pod of a workload that was scaled to nothing, when a request waits for it. Whatever more there should be is then the autoscaler's to say.</summary>
public static class Awakening
{
    /// <summary>The autoscalers that may scale to nothing.</summary>
    public static IReadOnlyList<HorizontalPodAutoscaler> Sleepers(ClusterState state) =>
        [.. state.All<HorizontalPodAutoscaler>(HorizontalPodAutoscaler.KindName).Where(autoscaler => autoscaler.Spec.MinReplicas == 0)];

    /// <summary>Whether requests for a service may wait until a pod of it is there.</summary>
    public static bool Wakes(ClusterState state, IReadOnlyList<HorizontalPodAutoscaler> sleepers, string @namespace, string service) =>
        sleepers.Count > 0 && Behind(state, sleepers, @namespace, service).Any();

    /// <param name="backend">The id of a backend of the route table that has no pod.</param>
    public static Plan Decide(ClusterState state, string backend)
    {
        var sleepers = Sleepers(state);
        var asleep = BackendIds.ServicesOf(state, backend).SelectMany(service => Behind(state, sleepers, service.Namespace, service.Name)).Where(scale => scale.Replicas == 0).DistinctBy(scale => scale.Owner.Key).ToList();
        return asleep.Count == 0
            ? Plan.Nothing
            : new Plan([.. asleep.Select(scale => new Update(scale.To(1)))], $"{string.Join(", ", asleep.Select(scale => scale.Owner.Key))} wakes: requests wait for {backend}");
    }

    static IEnumerable<Scale> Behind(ClusterState state, IReadOnlyList<HorizontalPodAutoscaler> sleepers, string @namespace, string name)
    {
        if (state.Find<Service>(Service.KindName, @namespace, name) is not { Spec.Selector.Count: > 0 } service) yield break;
        foreach (var autoscaler in sleepers.Where(each => each.Namespace == @namespace))
        {
            if (Scale.Of(state.Find(autoscaler.Target())) is { } scale && service.Spec.Selector.All(label => scale.Template.Metadata.Labels.GetValueOrDefault(label.Key) == label.Value)) yield return scale;
        }
    }
}
