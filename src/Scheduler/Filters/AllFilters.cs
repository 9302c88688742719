using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Filters;

/// <summary>The rules in the order in which they are asked, the cheapest and most telling first.</summary>
static class AllFilters
{
    public static readonly IReadOnlyList<Filter> InOrder =
    [
        new("NodeReady", NotReady),
        new("NodeUnschedulable", Cordoned),
        new("NodeSelector", Selector),
        new("TaintToleration", Taints),
        new("NodePorts", Ports),
        new("NodeResourcesFit", Fit),
    ];

    static Reason? NotReady(Pod pod, Candidate candidate) =>
        candidate.Node.IsReady() ? null : new Reason("node(s) were not ready", "its agent does not renew its lease");

    static Reason? Cordoned(Pod pod, Candidate candidate) =>
        candidate.Node.Spec.Unschedulable ? new Reason("node(s) were unschedulable", "it is cordoned") : null;

    static Reason? Selector(Pod pod, Candidate candidate)
    {
        foreach (var (name, value) in pod.Spec.NodeSelector)
        {
            var actual = candidate.Node.Metadata.Labels.GetValueOrDefault(name);
            if (actual != value) return new Reason("node(s) didn't match Pod's node selector", $"label {name} is {actual ?? "not set"}, not {value}");
        }

        return null;
    }

    static Reason? Taints(Pod pod, Candidate candidate)
    {
        foreach (var taint in candidate.Node.Spec.Taints)
        {
            if (taint.Effect == TaintEffect.PreferNoSchedule || pod.Spec.Tolerations.Any(toleration => toleration.Tolerates(taint))) continue;
            var text = taint.Value is null ? taint.Key : $"{taint.Key}={taint.Value}";
            return new Reason($"node(s) had untolerated taint {{{text}}}", $"taint {text}:{taint.Effect}");
        }

        return null;
    }

    static Reason? Ports(Pod pod, Candidate candidate) => candidate.TakenPort(pod) is { } port
        ? new Reason("node(s) didn't have free ports for the requested pod ports", $"port {port} is taken")
        : null;

    static Reason? Fit(Pod pod, Candidate candidate)
    {
        var asked = Amount.Of(pod.Spec);
        var free = candidate.Free;
        if (asked.CpuMillicores > 0 && asked.CpuMillicores > free.CpuMillicores)
            return new Reason("Insufficient cpu", $"asks for {Quantity.FromMillicores(asked.CpuMillicores)} and {Quantity.FromMillicores(Math.Max(0, free.CpuMillicores))} of {Quantity.FromMillicores(candidate.Allocatable.CpuMillicores)} is free");
        if (asked.MemoryBytes > 0 && asked.MemoryBytes > free.MemoryBytes)
            return new Reason("Insufficient memory", $"asks for {Quantity.FromBytes(asked.MemoryBytes)} and {Quantity.FromBytes(Math.Max(0, free.MemoryBytes))} of {Quantity.FromBytes(candidate.Allocatable.MemoryBytes)} is free");
        return asked.Pods > free.Pods ? new Reason("Too many pods", $"it takes {candidate.Allocatable.Pods}") : null;
    }
}
