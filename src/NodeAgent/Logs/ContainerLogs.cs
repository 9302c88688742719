using Orchestrator.Contracts;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Logs;

/// <summary>
/// Finds the log that a request means: which container of the pod, and which of its instances.
/// </summary>
sealed class ContainerLogs(PodPlaces places, TimeProvider time)
{
    /// <exception cref="ArgumentException">The pod has no such container, or the request doesn't say which.</exception>
    /// <exception cref="FileNotFoundException">That instance has no log.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReadAsync(PodRunner runner, LogsRequest request, CancellationToken cancel)
    {
        var container = ContainerOf(runner.Pod, request.Container);
        var facts = runner.Facts.Of(container);
        var instance = facts.Instances - (request.Previous ? 2 : 1);
        if (instance < 0)
        {
            throw new FileNotFoundException(request.Previous
                ? $"container {container} of pod {runner.Pod.Name} was not started before"
                : $"container {container} of pod {runner.Pod.Name} has not been started: {WhyWaiting(runner, container)}");
        }

        LogQuery query = new(request.HasTailLines ? request.TailLines : null,
            request.HasSinceSeconds ? time.GetUtcNow().AddSeconds(-request.SinceSeconds) : null, request.Timestamps, request.Follow);
        return new LogReader(places.LogOf(runner.Uid, container, instance), time).ReadAsync(query, () => HasEnded(runner, container, instance), cancel);
    }

    static string ContainerOf(Pod pod, string asked)
    {
        List<string> names = [.. pod.Spec.Containers.Select(container => container.Name)];
        if (asked.Length == 0)
            return names.Count == 1 ? names[0] : throw new ArgumentException($"pod {pod.Name} has several containers, say which: {string.Join(", ", names)}");
        names.AddRange(pod.Spec.InitContainers.Select(container => container.Name));
        return names.Contains(asked) ? asked : throw new ArgumentException($"pod {pod.Name} has no container {asked}, only {string.Join(", ", names)}");
    }

    static string WhyWaiting(PodRunner runner, string container)
    {
        var status = runner.Facts.Status;
        var waiting = status.ContainerStatuses.Concat(status.InitContainerStatuses).FirstOrDefault(one => one.Name == container)?.State.Waiting;
        return waiting?.Message ?? waiting?.Reason ?? "not yet";
    }

    static bool HasEnded(PodRunner runner, string container, int instance)
    {
        var facts = runner.Facts.Of(container);
        return facts.Instances - 1 != instance || facts.Stage is ContainerStage.Exited or ContainerStage.Gone;
    }
}
