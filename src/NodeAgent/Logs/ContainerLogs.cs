using Orchestrator.Contracts;
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
        var container = AskedContainer.Of(runner.Pod, request.Container);
        var facts = runner.Facts.Of(container);
        var instance = facts.Instances - (request.Previous ? 2 : 1);
        if (instance < 0)
        {
            throw new FileNotFoundException(request.Previous
                ? $"container {container} of pod {runner.Pod.Name} was not started before"
                : $"container {container} of pod {runner.Pod.Name} has not been started: {AskedContainer.WhyNot(runner, container)}");
        }

        LogQuery query = new(request.HasTailLines ? request.TailLines : null,
            request.HasSinceSeconds ? time.GetUtcNow().AddSeconds(-request.SinceSeconds) : null, request.Timestamps, request.Follow);
        return new LogReader(places.LogOf(runner.Uid, container, instance), time).ReadAsync(query, () => HasEnded(runner, container, instance), cancel);
    }

    static bool HasEnded(PodRunner runner, string container, int instance)
    {
        var facts = runner.Facts.Of(container);
        return facts.Instances - 1 != instance || facts.Stage is ContainerStage.Exited or ContainerStage.Gone;
    }
}
