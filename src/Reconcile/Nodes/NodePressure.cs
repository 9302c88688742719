using System.Globalization;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Reconcile.Nodes;

/// <summary>What a pod takes of its node.</summary>
/// <param name="Memory">The working set, in bytes.</param>
/// <param name="Disk">Its containers' layers, its logs and volumes on the agent's disk, in bytes; 0 where nobody asked.</param>
/// <param name="Inodes">Likewise.</param>
public sealed record PodConsumption(Pod Pod, long Memory, long Disk, long Inodes, long Pids);

/// <summary>Decides that a node is short of something, and who leaves it. Source: Kubernetes, "Node-pressure Eviction".</summary>
public static class NodePressure
{
    /// <summary>From here on a pod's priority says that the machine needs it: it is not evicted.</summary>
    public const int SystemCritical = 2_000_000_000;

    /// <summary>How long a node counts as short of something after it last was, so that pods don't go to and fro.</summary>
    static readonly TimeSpan Transition = TimeSpan.FromMinutes(5);

    /// <summary>The pressures to tell of, by what was short when.</summary>
    public static IReadOnlyList<string> Told(IReadOnlyDictionary<Signal, DateTimeOffset> lastShort, DateTimeOffset now) =>
        [.. lastShort.Where(each => now - each.Value < Transition).Select(each => ConditionOf(each.Key)).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The node with the conditions of what it tells; null when it has them already.</summary>
    public static Node? Told(Node node, IReadOnlyCollection<string> pressures, DateTimeOffset now)
    {
        var conditions = node.Status.Conditions;
        foreach (var type in NodeConditions.Pressures)
        {
            var holds = pressures.Contains(type);
            if (holds != conditions.IsTrue(type)) conditions = conditions.With(Condition(type, holds, now));
        }

        return ReferenceEquals(conditions, node.Status.Conditions) ? null : node with { Status = node.Status with { Conditions = conditions } };
    }

    /// <summary>
    /// The pod to evict next: of those that take more than they requested before the others, then by priority, then the one that takes most above its
    /// request. Null when all are needed by the machine.
    /// </summary>
    public static PodConsumption? Victim(Signal signal, IEnumerable<PodConsumption> pods) => pods
        .Where(each => each.Pod.Spec.Priority is not >= SystemCritical)
        .OrderByDescending(each => Excess(signal, each) > 0 || signal is Signal.Pids or Signal.Inodes)
        .ThenBy(each => each.Pod.Spec.Priority ?? 0)
        .ThenByDescending(each => Excess(signal, each))
        .ThenBy(each => each.Pod.Metadata.Uid, StringComparer.Ordinal)
        .FirstOrDefault();

    /// <summary>What the pod's status says of it.</summary>
    public static string Message(Threshold threshold, Supply supply, PodConsumption victim)
    {
        var (resource, requested) = threshold.Signal switch
        {
            Signal.Memory => (ResourceNames.Memory, $" Its containers used {Bytes(victim.Memory)} and requested {Bytes(Requested(victim.Pod, ResourceNames.Memory))}."),
            Signal.Disk => (ResourceNames.EphemeralStorage, $" It used {Bytes(victim.Disk)} and requested {Bytes(Requested(victim.Pod, ResourceNames.EphemeralStorage))}."),
            Signal.Inodes => ("inodes", $" It used {victim.Inodes}."),
            Signal.Pids => ("pids", $" It had {victim.Pids}."),
        };
        return $"The node was low on resource: {resource}. Threshold quantity: {Amount(threshold.Signal, threshold.Of(supply))}, available: {Amount(threshold.Signal, supply.Available)}.{requested}";
    }

    static long Excess(Signal signal, PodConsumption pod) => signal switch
    {
        Signal.Memory => pod.Memory - Requested(pod.Pod, ResourceNames.Memory),
        Signal.Disk => pod.Disk - Requested(pod.Pod, ResourceNames.EphemeralStorage),
        Signal.Inodes => pod.Inodes,
        Signal.Pids => pod.Pids,
    };

    static long Requested(Pod pod, string resource) => pod.Spec.Containers.Concat(pod.Spec.InitContainers.Where(container => container.IsSidecar())).Sum(container => container.Resources.RequestOf(resource).Units);

    static string ConditionOf(Signal signal) => signal switch
    {
        Signal.Memory => NodeConditions.MemoryPressure,
        Signal.Disk or Signal.Inodes => NodeConditions.DiskPressure,
        Signal.Pids => NodeConditions.PidPressure,
    };

    static Condition Condition(string type, bool holds, DateTimeOffset now)
    {
        var (reason, message) = (type, holds) switch
        {
            (NodeConditions.MemoryPressure, true) => ("NodeHasInsufficientMemory", "the node is short of memory"),
            (NodeConditions.MemoryPressure, false) => ("NodeHasSufficientMemory", "the node has memory enough"),
            (NodeConditions.DiskPressure, true) => ("NodeHasDiskPressure", "the node's disk is nearly full"),
            (NodeConditions.DiskPressure, false) => ("NodeHasNoDiskPressure", "the node's disk has room enough"),
            (_, true) => ("NodeHasInsufficientPID", "the node can have few more processes"),
            (_, false) => ("NodeHasSufficientPID", "the node can have processes enough"),
        };
        return new Condition { Type = type, Status = holds ? ConditionStatus.True : ConditionStatus.False, Reason = reason, Message = message, LastTransitionTime = now };
    }

    static string Amount(Signal signal, long amount) => signal is Signal.Memory or Signal.Disk ? Bytes(amount) : amount.ToString(CultureInfo.InvariantCulture);

    static string Bytes(long bytes) => Quantity.FromBytes(bytes).ToString();
}
