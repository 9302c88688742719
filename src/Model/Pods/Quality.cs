using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>How well a pod's resources are its own, which decides who goes first when a node is short. Source: Kubernetes, "Pod Quality of Service Classes".</summary>
public enum QosClass
{
    /// <summary>Something is requested or limited.</summary>
    Burstable,

    /// <summary>Nothing is.</summary>
    BestEffort,

    /// <summary>Every container has limits on cpu and memory, and requests as much.</summary>
    Guaranteed,
}

public static class Quality
{
    // Source: Kubernetes, "Node-pressure Eviction", node out of memory behavior.
    const int ScoreOfGuaranteed = -997, ScoreOfBestEffort = 1000, LeastOfBurstable = 3, MostOfBurstable = 999;

    static readonly string[] Counted = [ResourceNames.Cpu, ResourceNames.Memory];

    public static QosClass Of(PodSpec spec)
    {
        var all = spec.InitContainers.Concat(spec.Containers).Select(container => container.Resources).ToList();
        if (all.TrueForAll(each => Counted.All(name => each.RequestOf(name).Value == 0 && !each.Limits.ContainsKey(name)))) return QosClass.BestEffort;
        return all.TrueForAll(each => Counted.All(name => each.Limits.TryGetValue(name, out var limit) && each.RequestOf(name) == limit)) ? QosClass.Guaranteed : QosClass.Burstable;
    }

    /// <summary>What the kernel is told about which process to end first when memory runs out (oom_score_adj of proc(5)).</summary>
    /// <param name="memory">What the node has, in bytes.</param>
    public static int OutOfMemoryScore(PodSpec spec, Container container, Quantity memory) => Of(spec) switch
    {
        QosClass.Guaranteed => ScoreOfGuaranteed,
        QosClass.BestEffort => ScoreOfBestEffort,
        QosClass.Burstable when memory.Value <= 0 => MostOfBurstable,
        QosClass.Burstable => (int)decimal.Clamp(1000 - (1000 * container.Resources.RequestOf(ResourceNames.Memory).Value / memory.Value), LeastOfBurstable, MostOfBurstable),
    };
}
