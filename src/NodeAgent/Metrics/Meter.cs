using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Pods;

namespace Orchestrator.NodeAgent.Metrics;

/// <summary>
/// Takes the node's metrics: of each container that runs, and of the machine. Rates are over the time since the last time, so a container that was not
/// there then is left out.
/// </summary>
sealed class Meter(NodeAgentOptions options, TimeProvider time)
{
    Dictionary<string, Consumption> _containers = [];
    (long Taken, Consumption Machine)? _last;

    /// <summary>Null the first time.</summary>
    public NodeMetrics? Take(IEnumerable<PodRunner> pods)
    {
        var (now, machine) = (time.GetTimestamp(), MachineConsumption.Read());
        var last = _last;
        var passed = last is { } before ? time.GetElapsedTime(before.Taken, now) : TimeSpan.Zero;
        Dictionary<string, Consumption> containers = [];
        List<PodMetrics> measured = [];
        foreach (var runner in pods)
        {
            PodMetrics pod = new() { Namespace = runner.Pod.Namespace, Name = runner.Pod.Name, Uid = runner.Pod.Metadata.Uid! }; // an accepted pod has one
            foreach (var container in runner.Pod.Spec.InitContainers.Concat(runner.Pod.Spec.Containers))
            {
                var path = options.CgroupOf(pod.Uid, container.Name);
                if (CgroupConsumption.Of(CgroupConsumption.Mount, path) is not { } consumed)
                    continue;
                containers[path] = consumed;
                if (_containers.TryGetValue(path, out var earlier) && passed > TimeSpan.Zero)
                    pod.Containers.Add(new ContainerMetrics { Name = container.Name, CpuMillicores = consumed.MillicoresSince(earlier, passed), MemoryBytes = consumed.MemoryBytes });
            }

            if (pod.Containers.Count > 0)
                measured.Add(pod);
        }

        _containers = containers;
        _last = (now, machine);
        if (last is null || passed <= TimeSpan.Zero)
            return null;
        NodeMetrics metrics = new()
        {
            Node = options.NodeName,
            CpuMillicores = machine.MillicoresSince(last.Value.Machine, passed),
            MemoryBytes = machine.MemoryBytes,
            WindowSeconds = passed.TotalSeconds,
        };
        metrics.Pods.AddRange(measured);
        return metrics;
    }
}
