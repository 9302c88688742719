using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Nodes;

/// <summary>What a node's session says of its lease.</summary>
/// <param name="Epoch">The session the lease belongs to; 0 when the node has none.</param>
/// <param name="Expired">True when the node has not renewed it in time.</param>
public sealed record LeaseObservation(long Epoch, bool Expired);

/// <summary>Tells living nodes from lost ones, and lets the pods of lost ones go so that their owners replace them.</summary>
public static class NodeHealth
{
    /// <param name="lease">Null when nobody could be asked: then nothing is concluded.</param>
    public static Plan Judge(ClusterState state, Node node, LeaseObservation? lease, DateTimeOffset now)
    {
        if (lease is null || (!lease.Expired && lease.Epoch != node.Status.SessionEpoch)) return Plan.Nothing;
        var condition = lease.Expired
            ? new Condition
            {
                Type = NodeConditions.Ready,
                Status = ConditionStatus.Unknown,
                Reason = "NodeLost",
                Message = "the node's agent has stopped renewing its lease",
                LastTransitionTime = now,
            }
            : new Condition
            {
                Type = NodeConditions.Ready,
                Status = ConditionStatus.True,
                Reason = "AgentReady",
                Message = "the node's agent renews its lease",
                LastTransitionTime = now,
            };
        var present = node.Status.Conditions.Find(NodeConditions.Ready);
        var operations = new List<Operation>();
        if (present?.Status != condition.Status)
            operations.Add(new UpdateStatus(node with { Status = node.Status with { Conditions = node.Status.Conditions.With(condition) } }));
        if (lease.Expired) operations.AddRange(Released(state, node));
        if (lease.Expired && IsFenced(node, present, now)) operations.AddRange(Freed(state, node));
        return operations.Count == 0 ? Plan.Nothing : new Plan(operations, $"{node.Name}: {present?.Status.ToString() ?? "new"} -> {condition.Status} ({condition.Reason})");
    }

    /// <summary>Whether the agent's promise is due: what must run at most once may then run elsewhere.</summary>
    static bool IsFenced(Node node, Condition? present, DateTimeOffset now) =>
        node.Status.FenceSeconds is { } fence && present is { Status: ConditionStatus.Unknown, LastTransitionTime: { } lost } && lost.AddSeconds(fence) <= now;

    /// <summary>Only a StatefulSet waits for a name to be free: other pods are replaced under new ones already.</summary>
    static IEnumerable<Operation> Freed(ClusterState state, Node node) => state
        .All<Pod>(Pod.KindName)
        .Where(pod => pod.Spec.NodeName == node.Name && pod.IsBeingDeleted() && pod.Metadata.Controller()?.Kind == StatefulSet.KindName)
        .Select(pod => new Delete(pod.Key, pod.Metadata.Uid, GraceSeconds: 0));

    static IEnumerable<Operation> Released(ClusterState state, Node node) => state
        .All<Pod>(Pod.KindName)
        .Where(pod => pod.Spec.NodeName == node.Name && !pod.IsBeingDeleted() && !pod.IsTerminal())
        .Select(pod => new Delete(pod.Key, pod.Metadata.Uid));
}
