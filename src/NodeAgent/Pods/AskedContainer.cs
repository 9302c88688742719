using Orchestrator.Model.Pods;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>Which container of a pod a user means.</summary>
static class AskedContainer
{
    /// <exception cref="ArgumentException">The pod has no such container, or has several and none was named.</exception>
    public static string Of(Pod pod, string asked)
    {
        List<string> names = [.. pod.Spec.Containers.Select(container => container.Name)];
        if (asked.Length == 0)
            return names.Count == 1 ? names[0] : throw new ArgumentException($"pod {pod.Name} has several containers, say which: {string.Join(", ", names)}");
        names.AddRange(pod.Spec.InitContainers.Select(container => container.Name));
        return names.Contains(asked) ? asked : throw new ArgumentException($"pod {pod.Name} has no container {asked}, only {string.Join(", ", names)}");
    }

    /// <summary>Why it does not run at the moment, in the words of the pod's status.</summary>
    public static string WhyNot(PodRunner runner, string container)
    {
        var status = runner.Facts.Status;
        var state = status.ContainerStatuses.Concat(status.InitContainerStatuses).FirstOrDefault(one => one.Name == container)?.State;
        return state?.Waiting?.Message ?? state?.Waiting?.Reason ?? state?.Terminated?.Reason ?? "not yet";
    }
}
