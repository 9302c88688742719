using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Tests;

/// <summary>What the tests count by themselves, so that they do not believe the scheduler's own sums.</summary>
readonly record struct Amount(long Cpu, long Memory, long Pods, long Gpu)
{
    public static Amount operator +(Amount left, Amount right) => new(left.Cpu + right.Cpu, left.Memory + right.Memory, left.Pods + right.Pods, left.Gpu + right.Gpu);

    public bool IsWithin(Amount other) => Cpu <= other.Cpu && Memory <= other.Memory && Pods <= other.Pods && Gpu <= other.Gpu;

    public static Amount Of(Pod pod) => new(
        Math.Max(pod.Spec.Containers.Sum(each => each.Resources.RequestOf("cpu").Millis), pod.Spec.InitContainers.Select(each => each.Resources.RequestOf("cpu").Millis).DefaultIfEmpty().Max()),
        Math.Max(pod.Spec.Containers.Sum(each => each.Resources.RequestOf("memory").Units), pod.Spec.InitContainers.Select(each => each.Resources.RequestOf("memory").Units).DefaultIfEmpty().Max()),
        1,
        pod.Spec.Containers.Sum(each => (each.Resources.RequestOf(ResourceNames.Gpu).Units * 1000) + each.Resources.RequestOf(ResourceNames.GpuMilli).Units));

    public static Amount Of(Node node) => new(
        Said(node, "cpu").Millis, Said(node, "memory").Units, Said(node, "pods").Units, Said(node, ResourceNames.Gpu).Units * 1000);

    static Quantity Said(Node node, string name) => node.Status.Allocatable.GetValueOrDefault(name);
}
