using CsCheck;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Filters;

namespace Orchestrator.Scheduler.Tests;

/// <summary>What is kept of pods in places, against counting them anew by the words of the KEPs, without the scheduler's terms.</summary>
public sealed class CountingProperties
{
    static readonly int Clusters = int.TryParse(Environment.GetEnvironmentVariable("ORCH_CASES"), out var cases) ? cases : 500;

    [Fact]
    public void A_spread_sees_in_each_place_the_pods_of_the_nodes_that_its_policies_leave_in() => AnyCluster.Any.Sample(each =>
    {
        var placed = Placed(each);
        var state = placed.State();
        var cluster = Cluster.Of(state, 0);
        foreach (var pod in placed.Pods.Where(pod => pod.Spec.TopologySpreadConstraints.Count > 0))
        {
            cluster.Fleet.Learn([pod]);
            var said = pod.Spec.TopologySpreadConstraints[0];
            var spread = cluster.Fleet.ShapeOf(pod).Spreads[0];
            var expected = placed.Nodes.Where(node => IsIn(pod, said, node)).GroupBy(node => node.Metadata.Labels[said.TopologyKey]).ToDictionary(
                place => place.Key,
                place => placed.Pods.Count(other => place.Any(node => node.Name == other.Spec.NodeName) && IsCounted(pod, said, other)));
            var found = spread.Term.Places.Names.Select((name, i) => (name, spread.Term.Matching[i])).ToDictionary(pair => pair.name, pair => pair.Item2);
            Assert.Equal(expected.OrderBy(pair => pair.Key), found.OrderBy(pair => pair.Key));
            Assert.Equal(expected.Count == 0 || expected.Count < (said.MinDomains ?? 0) ? 0 : expected.Values.Min(), Filter.Smallest(spread));
        }
    }, iter: Clusters);

    [Fact]
    public void A_pod_is_as_welcome_in_a_place_as_the_pods_there_say_together() => AnyCluster.Any.Sample(each =>
    {
        var placed = Placed(each);
        var cluster = Cluster.Of(placed.State(), 0);
        foreach (var pod in placed.Pods)
        {
            for (var i = 0; i < placed.Nodes.Count; i++)
            {
                var node = cluster.Fleet.Find(placed.Nodes[i].Name)!.Value;
                var found = cluster.Fleet.ShapeOf(pod).Identity.Matched(cluster.Fleet).Sum(term => term.Places.Of[node] is var place and >= 0 ? term.Wanting[place] : 0);
                var expected = placed.Pods.Where(other => other.Spec.NodeName is not null).Sum(other => Wish(other, pod, placed.Nodes[i], placed.Nodes.First(at => at.Name == other.Spec.NodeName)));
                Assert.Equal(expected, found);
            }
        }
    }, iter: Clusters);

    static AnyCluster.Case Placed(AnyCluster.Case each)
    {
        var decisions = Placement.Decide(each.State(), each.Pods);
        var nodes = decisions.OfType<Placed>().ToDictionary(placed => placed.Pod.Name, placed => placed.Node);
        return each with { Pods = [.. each.Pods.Select(pod => pod with { Spec = pod.Spec with { NodeName = nodes.GetValueOrDefault(pod.Name) } })] };
    }

    static bool IsIn(Pod pod, TopologySpreadConstraint said, Node node)
    {
        if (!node.Metadata.Labels.ContainsKey(said.TopologyKey)) return false;
        var required = pod.Spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;
        var chosen = pod.Spec.NodeSelector.All(pair => node.Metadata.Labels.GetValueOrDefault(pair.Key) == pair.Value)
            && (required is null || required.NodeSelectorTerms.Any(term => term.Matches(node.Name, node.Metadata.Labels)));
        if (said.NodeAffinityPolicy is null or NodeInclusionPolicy.Honor && !chosen) return false;
        var welcome = node.IsReady() && !node.Spec.Unschedulable && node.Spec.Taints.All(taint => taint.Effect == TaintEffect.PreferNoSchedule || pod.Spec.Tolerations.Any(each => each.Tolerates(taint)));
        return said.NodeTaintsPolicy is null or NodeInclusionPolicy.Ignore || welcome;
    }

    static bool IsCounted(Pod pod, TopologySpreadConstraint said, Pod other) =>
        other.Namespace == pod.Namespace
        && said.LabelSelector!.Matches(other.Metadata.Labels)
        && said.MatchLabelKeys.All(key => pod.Metadata.Labels[key] == other.Metadata.Labels[key]);

    static long Wish(Pod other, Pod pod, Node node, Node home)
    {
        var (near, far) = (other.Spec.Affinity?.PodAffinity, other.Spec.Affinity?.PodAntiAffinity);
        return (near?.RequiredDuringSchedulingIgnoredDuringExecution ?? []).Sum(term => IsMeant(term) ? 1 : 0)
            + (near?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Sum(each => IsMeant(each.PodAffinityTerm) ? each.Weight : 0)
            - (far?.PreferredDuringSchedulingIgnoredDuringExecution ?? []).Sum(each => IsMeant(each.PodAffinityTerm) ? each.Weight : 0);

        bool IsMeant(PodAffinityTerm term) =>
            home.Metadata.Labels.TryGetValue(term.TopologyKey, out var place)
            && node.Metadata.Labels.GetValueOrDefault(term.TopologyKey) == place
            && term.LabelSelector!.Matches(pod.Metadata.Labels)
            && (term.NamespaceSelector is null ? pod.Namespace == other.Namespace : pod.Namespace == "other");
    }
}
