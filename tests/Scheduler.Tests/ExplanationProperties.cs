using CsCheck;
using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Explaining;

namespace Orchestrator.Scheduler.Tests;

/// <summary>What is said of a pod that waits is true.</summary>
public sealed class ExplanationProperties
{
    static readonly int Clusters = int.TryParse(Environment.GetEnvironmentVariable("ORCH_CASES"), out var cases) ? cases : 300;

    [Fact]
    public void Each_change_that_is_named_places_the_pod_on_the_node_that_is_named() => AnyCluster.Any.Sample(each =>
    {
        var state = PlacementProperties.AfterPlacing(each);
        foreach (var pod in Placement.Pending(state).Take(3))
        {
            foreach (var remedy in Why.Explain(state, pod).Remedies)
            {
                var then = remedy.Changed.Find<Pod>(Pod.KindName, pod.Namespace, pod.Name)!; // no remedy takes the pod away
                if (Placement.Decide(remedy.Changed, [then]) is not [Placed placed] || placed.Node != remedy.Node) return false;
                var keys = state.Objects.Values.Concat(remedy.Changed.Objects.Values).SelectMany(kind => kind.Keys).Distinct();
                if (keys.Count(key => !ReferenceEquals(state.Find(key), remedy.Changed.Find(key))) != 1) return false;
            }
        }

        return true;
    }, iter: Clusters);

    [Fact]
    public void A_node_that_refuses_a_pod_would_not_have_taken_it_alone() => AnyCluster.Any.Sample(each =>
    {
        var state = PlacementProperties.AfterPlacing(each);
        return Placement.Pending(state).Take(3).All(pod => Placement.Decide(state, [pod])[0] is Unplaced unplaced && unplaced.Refusals.Count == each.Nodes.Count);
    }, iter: Clusters);

    [Fact]
    public void One_more_node_never_leaves_a_pod_without_one() => AnyCluster.Any.Sample(each =>
    {
        if (each.Nodes.Count == 0) return true;
        var state = PlacementProperties.AfterPlacing(each with { Pods = [.. each.Pods.Take(each.Pods.Count / 2)] });
        var fewer = state.Without(each.Nodes[^1].Key);
        foreach (var pod in state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName == each.Nodes[^1].Name)) fewer = fewer.Without(pod.Key);
        // Places that are new and empty tighten a spread that is required, and that is its meaning.
        return each.Pods.Skip(each.Pods.Count / 2).Where(pod => pod.Spec.TopologySpreadConstraints.Count == 0 && pod.Spec.Affinity?.PodAffinity is null && pod.Spec.Affinity?.PodAntiAffinity is null)
            .All(pod => Placement.Decide(fewer, [pod])[0] is not Placed || Placement.Decide(state, [pod])[0] is Placed || state.All<Pod>(Pod.KindName).Any(other => other.Spec.Affinity?.PodAntiAffinity is not null));
    }, iter: Clusters);
}
