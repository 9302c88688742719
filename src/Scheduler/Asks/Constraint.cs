using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Scheduler.Filters;

namespace Orchestrator.Scheduler.Asks;

/// <summary>
/// What a pod asks of a node's own facts, which do not change while pods are placed: readiness, labels, taints, images. Asked once of every node, and shared by all
/// pods that ask for the same.
/// </summary>
sealed class Constraint
{
    readonly PodSpec _spec;
    readonly IReadOnlyCollection<string>? _volumeNodes;

    /// <summary>The nodes that will do, in the fleet's order.</summary>
    public int[] Eligible { get; }

    /// <summary>How much each of these nodes is preferred, at the same place; null when all alike.</summary>
    public int[]? Bonus { get; }

    public Constraint(PodSpec spec, IReadOnlyCollection<string>? volumeNodes, Fleet fleet)
    {
        (_spec, _volumeNodes) = (spec, volumeNodes);
        var eligible = new List<int>();
        foreach (var node in Candidates(fleet))
            if (Refuses(fleet.Nodes[node]) == Rule.None) eligible.Add(node);
        Eligible = [.. eligible];
        Bonus = HasPreference(fleet) ? [.. eligible.Select(node => BonusOf(fleet.Nodes[node]))] : null;
    }

    /// <summary>The first rule that keeps the pod off this node.</summary>
    public Rule Refuses(Node node)
    {
        if (!node.IsReady()) return Rule.NodeReady;
        if (node.Spec.Unschedulable && !Tolerated(_spec, Cordon)) return Rule.NodeUnschedulable;
        foreach (var (name, value) in _spec.NodeSelector)
            if (!node.Metadata.Labels.TryGetValue(name, out var actual) || actual != value) return Rule.NodeSelector;
        if (_spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required && !Matches(required, node)) return Rule.NodeAffinity;
        if (Untolerated(node) is not null) return Rule.TaintToleration;
        return _volumeNodes is null || _volumeNodes.Contains(node.Name) ? Rule.None : Rule.VolumeBinding;
    }

    /// <summary>Whether a node belongs to the places of a spread. Source: KEP-3094.</summary>
    public static bool Includes(PodSpec spec, TopologySpreadConstraint spread, Node node)
    {
        if (spread.NodeAffinityPolicy != NodeInclusionPolicy.Ignore)
        {
            foreach (var (name, value) in spec.NodeSelector)
                if (node.Metadata.Labels.GetValueOrDefault(name) != value) return false;
            if (spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { } required && !Matches(required, node)) return false;
        }

        // In Kubernetes a node that is cordoned or not ready has a taint that says so.
        return spread.NodeTaintsPolicy != NodeInclusionPolicy.Honor
            || (node.IsReady() && (!node.Spec.Unschedulable || Tolerated(spec, Cordon)) && Untolerated(spec, node) is null);
    }

    /// <summary>The first taint that keeps the pod off the node.</summary>
    public Taint? Untolerated(Node node) => Untolerated(_spec, node);

    static Taint? Untolerated(PodSpec spec, Node node)
    {
        foreach (var taint in node.Taints())
            if (taint.Effect != TaintEffect.PreferNoSchedule && !Tolerated(spec, taint) && !(taint.Key == NodeConditions.MemoryTaint && Quality.Of(spec) != QosClass.BestEffort)) return taint;
        return null;
    }

    /// <summary>The first label of the selector that the node does not have so.</summary>
    public (string Name, string Wanted, string? Actual)? Mismatch(Node node)
    {
        foreach (var (name, value) in _spec.NodeSelector.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            var actual = node.Metadata.Labels.GetValueOrDefault(name);
            if (actual != value) return (name, value, actual);
        }

        return null;
    }

    public NodeSelector? Required => _spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution;

    public IReadOnlyCollection<string> VolumeNodes => _volumeNodes ?? [];

    static readonly Taint Cordon = new() { Key = "node.kubernetes.io/unschedulable", Effect = TaintEffect.NoSchedule };

    static bool Matches(NodeSelector selector, Node node)
    {
        foreach (var term in selector.NodeSelectorTerms)
            if (term.Matches(node.Name, node.Metadata.Labels)) return true;
        return false;
    }

    static bool Tolerated(PodSpec spec, Taint taint)
    {
        foreach (var toleration in spec.Tolerations)
            if (toleration.Tolerates(taint)) return true;
        return false;
    }

    /// <summary>A list of nodes that holds all that can do: the shortest one that a label or a name gives, or all.</summary>
    IReadOnlyList<int> Candidates(Fleet fleet)
    {
        var best = fleet.InOrder;
        foreach (var (name, value) in _spec.NodeSelector) Narrow(fleet.WithLabel(name, value));
        if (Required is { NodeSelectorTerms: [var term] })
        {
            foreach (var each in term.MatchExpressions)
                if (each is { Operator: NodeSelectorOperator.In, Values: [var value] }) Narrow(fleet.WithLabel(each.Key, value));
            foreach (var each in term.MatchFields)
                if (each is { Operator: NodeSelectorOperator.In, Values: [var value] }) Narrow(fleet.Find(value) is { } node ? [node] : []);
        }

        return best;

        void Narrow(IReadOnlyList<int> nodes) => best = nodes.Count < best.Count ? nodes : best;
    }

    // The relative weights are kube-scheduler's defaults: 3 for taints, 2 for node affinity, 1 for images.
    const int Full = 100;

    bool HasPreference(Fleet fleet) =>
        _spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution.Count > 0 || fleet.HasPreferredTaints || fleet.HasImages;

    int BonusOf(Node node)
    {
        var bonus = 0;
        foreach (var each in _spec.Affinity?.NodeAffinity?.PreferredDuringSchedulingIgnoredDuringExecution ?? [])
            if (each.Preference.Matches(node.Name, node.Metadata.Labels)) bonus += 2 * each.Weight;
        foreach (var taint in node.Spec.Taints)
            if (taint.Effect == TaintEffect.PreferNoSchedule && !Tolerated(_spec, taint)) bonus -= 3 * Full;
        return bonus + ImageBonus(node);
    }

    /// <summary>The share of the pod's images that is on the node, in hundredths.</summary>
    int ImageBonus(Node node)
    {
        if (node.Status.Images.Count == 0 || _spec.Containers.Count == 0) return 0;
        var there = _spec.Containers.Count(container => node.Status.Images.Any(image => image.Names.Contains(container.Image)));
        return Full * there / _spec.Containers.Count;
    }
}
