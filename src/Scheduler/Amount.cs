using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler;

/// <summary>How much of a node's resources something takes or has.</summary>
public readonly record struct Amount(long CpuMillicores, long MemoryBytes, long Pods)
{
    public static Amount operator +(Amount left, Amount right) =>
        new(left.CpuMillicores + right.CpuMillicores, left.MemoryBytes + right.MemoryBytes, left.Pods + right.Pods);

    public static Amount operator -(Amount left, Amount right) =>
        new(left.CpuMillicores - right.CpuMillicores, left.MemoryBytes - right.MemoryBytes, left.Pods - right.Pods);

    /// <summary>
    /// What a pod reserves: the sum of its containers, or its largest init container where that is more, because those run one after the other.
    /// Source: Kubernetes, "Init containers: resource sharing within containers".
    /// </summary>
    public static Amount Of(PodSpec spec)
    {
        long cpu = 0, memory = 0;
        foreach (var container in spec.Containers)
        {
            cpu += Cpu(container);
            memory += Memory(container);
        }

        foreach (var container in spec.InitContainers)
        {
            cpu = Math.Max(cpu, Cpu(container));
            memory = Math.Max(memory, Memory(container));
        }

        return new Amount(cpu, memory, 1);
    }

    /// <summary>What pods may reserve on a node.</summary>
    public static Amount AllocatableOf(Node node) => new(
        node.Status.Allocatable.GetValueOrDefault(ResourceNames.Cpu).Millis,
        node.Status.Allocatable.GetValueOrDefault(ResourceNames.Memory).Units,
        node.Status.Allocatable.GetValueOrDefault(ResourceNames.Pods).Units);

    static long Cpu(Container container) => container.Resources.RequestOf(ResourceNames.Cpu).Millis;

    static long Memory(Container container) => container.Resources.RequestOf(ResourceNames.Memory).Units;

    /// <summary>As people write it: <c>500m cpu, 64Mi memory</c>.</summary>
    public override string ToString() => $"{Quantity.FromMillicores(CpuMillicores)} cpu, {Quantity.FromBytes(MemoryBytes)} memory";
}
