using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

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
        return operations.Count == 0 ? Plan.Nothing : new Plan(operations, $"{node.Name}: {present?.Status.ToString() ?? "new"} -> {condition.Status} ({condition.Reason})");
    }

    static IEnumerable<Operation> Released(ClusterState state, Node node) => state
        .All<Pod>(Pod.KindName)
        .Where(pod => pod.Spec.NodeName == node.Name && !pod.IsBeingDeleted() && !pod.IsTerminal())
        .Select(pod => new Delete(pod.Key, pod.Metadata.Uid));
}
