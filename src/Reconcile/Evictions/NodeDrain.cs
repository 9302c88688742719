using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Evictions;

/// <summary>
/// The emptying of a node that is about to stop: it is cordoned, and its pods are asked to leave. Pods of DaemonSets belong to the node, and those without an owner would be
/// lost: both stay, and run on.
/// </summary>
public static class NodeDrain
{
    /// <summary>On a node: it was cordoned by its own stop, so its next start takes that back. One that somebody cordoned stays so.</summary>
    public const string Annotation = "node.orchestrator/drained-on-stop";

    /// <returns>What is to be written, and the pods that are to leave and are still there.</returns>
    public static (IReadOnlyList<Operation> Operations, IReadOnlyList<Pod> Left) Decide(ClusterState state, string name, DateTimeOffset now)
    {
        List<Operation> operations = [];
        if (state.Find<Node>(Node.KindName, "", name) is { Spec.Unschedulable: false } node) operations.Add(new Update(Cordoned(node)));
        var left = state.All<Pod>(Pod.KindName).Where(pod => pod.Spec.NodeName == name && !pod.IsTerminal() && pod.Metadata.Controller() is { Kind: not DaemonSet.KindName }).OrderBy(pod => pod.Key).ToList();
        operations.AddRange(left.Where(pod => !pod.IsBeingDeleted() && !Eviction.IsAsked(pod)).Select(pod => new Update(Eviction.Ask(pod, now))));
        return (operations, left);
    }

    /// <summary>What a start takes back.</summary>
    public static IReadOnlyList<Operation> Undo(ClusterState state, string name) =>
        state.Find<Node>(Node.KindName, "", name) is { } node && node.Metadata.Annotations.ContainsKey(Annotation) ? [new Update(Uncordoned(node))] : [];

    static Node Cordoned(Node node) => node with
    {
        Metadata = node.Metadata with { Annotations = new Dictionary<string, string>(node.Metadata.Annotations) { [Annotation] = "true" } },
        Spec = node.Spec with { Unschedulable = true },
    };

    static Node Uncordoned(Node node) => node with
    {
        Metadata = node.Metadata with { Annotations = node.Metadata.Annotations.Where(each => each.Key != Annotation).ToDictionary() },
        Spec = node.Spec with { Unschedulable = false },
    };
}
