using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.State;
using Orchestrator.Scheduler;

namespace Orchestrator.ControlPlane.Scheduling;

/// <summary>
/// Turns placements into transactions that are refused when a node or a pod has changed since the snapshot: each writes a new revision of every node it fills, so
/// of two that were decided by the same one only the first goes through. Pure.
/// </summary>
public static class Bindings
{
    /// <summary>The placements that stand or fall together: those of a node, and all of them when a pod group is among them.</summary>
    public static IReadOnlyList<IReadOnlyList<Placed>> Together(IReadOnlyList<Placed> placed) =>
        placed.Count > 0 && placed.Any(each => each.Pod.Metadata.Labels.ContainsKey(PodGroup.Label))
            ? [placed]
            : [.. placed.GroupBy(each => each.Node, StringComparer.Ordinal).Select(group => group.ToList())];

    public static IReadOnlyList<Operation> Of(ClusterState state, IReadOnlyList<Placed> placed)
    {
        var operations = new List<Operation>();
        foreach (var name in placed.Select(each => each.Node).Distinct(StringComparer.Ordinal))
        {
            if (state.Find<Node>(Node.KindName, "", name) is { } node) operations.Add(new UpdateStatus(node with { Status = node.Status with { Bindings = node.Status.Bindings + 1 } }));
        }

        operations.AddRange(placed.Select(each => new Bind(each.Pod.Key, each.Pod.Metadata.Uid!, each.Node) { Seen = each.Pod.Metadata.Revision(), Devices = each.Devices })); // stored objects have a uid
        return operations;
    }

    /// <summary>Stops the pods that make way, and says where room is made.</summary>
    public static IReadOnlyList<Operation> Of(Preempting preempting, DateTimeOffset now)
    {
        var pod = preempting.Pod;
        var status = Waiting(pod.Status, $"{preempting.Victims.Count} pods of lower priority are being stopped on {preempting.Node} to make way", now);
        return
        [
            .. preempting.Victims.Select(victim => new Delete(victim.Key, victim.Metadata.Uid)),
            new UpdateStatus(pod with { Status = status with { NominatedNodeName = preempting.Node } }),
        ];
    }

    public static PodStatus Waiting(PodStatus status, string message, DateTimeOffset now) => status with
    {
        Conditions = status.Conditions.With(new Condition
        {
            Type = PodConditions.PodScheduled,
            Status = ConditionStatus.False,
            Reason = "Unschedulable",
            Message = message,
            LastTransitionTime = now,
        }),
    };
}
