using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.DaemonSets;

/// <summary>How a DaemonSet's pod is bound to its node and kept there. Source: Kubernetes, "How Daemon Pods are scheduled".</summary>
static class DaemonPods
{
    /// <summary>What happens to a node is no reason for its daemons to leave, and a cordon none to stay away.</summary>
    static readonly (string Key, TaintEffect Effect)[] Tolerated =
    [
        ("node.kubernetes.io/not-ready", TaintEffect.NoExecute),
        ("node.kubernetes.io/unreachable", TaintEffect.NoExecute),
        ("node.kubernetes.io/disk-pressure", TaintEffect.NoSchedule),
        ("node.kubernetes.io/memory-pressure", TaintEffect.NoSchedule),
        ("node.kubernetes.io/pid-pressure", TaintEffect.NoSchedule),
        ("node.kubernetes.io/unschedulable", TaintEffect.NoSchedule),
    ];

    public static PodSpec For(PodSpec spec, string node)
    {
        var only = new NodeSelectorTerm { MatchFields = [new NodeSelectorRequirement { Key = NodeSelectorTerm.NameField, Operator = NodeSelectorOperator.In, Values = [node] }] };
        var affinity = spec.Affinity ?? new Affinity();
        return spec with
        {
            Affinity = affinity with
            {
                NodeAffinity = (affinity.NodeAffinity ?? new NodeAffinity()) with { RequiredDuringSchedulingIgnoredDuringExecution = new NodeSelector { NodeSelectorTerms = [only] } },
            },
            Tolerations = [.. spec.Tolerations, .. Tolerated.Select(each => new Toleration { Key = each.Key, Operator = TolerationOperator.Exists, Effect = each.Effect })],
        };
    }

    /// <summary>The node that a pod was made for.</summary>
    public static string? NodeOf(PodSpec spec) =>
        spec.Affinity?.NodeAffinity?.RequiredDuringSchedulingIgnoredDuringExecution is { NodeSelectorTerms: [{ MatchFields: [{ Key: NodeSelectorTerm.NameField, Values: [var node] }] }] } ? node : null;
}
