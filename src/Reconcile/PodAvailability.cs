using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile;

/// <summary>Since when a pod serves, and from when on it is trusted to.</summary>
static class PodAvailability
{
    /// <summary>From when on the pod counts as available; null while it is not ready.</summary>
    public static DateTimeOffset? AvailableFrom(this Pod pod, int minReadySeconds, DateTimeOffset now)
    {
        if (!pod.IsReady() || pod.IsBeingDeleted()) return null;
        return minReadySeconds == 0 ? DateTimeOffset.MinValue : (pod.Status.Conditions.Find(PodConditions.Ready)?.LastTransitionTime ?? now).AddSeconds(minReadySeconds);
    }

    public static bool IsAvailable(this Pod pod, int minReadySeconds, DateTimeOffset now) => pod.AvailableFrom(minReadySeconds, now) <= now;

    /// <summary>When the next of the pods becomes available; null when there is none to wait for.</summary>
    public static DateTimeOffset? NextAvailable(this IEnumerable<Pod> pods, int minReadySeconds, DateTimeOffset now) =>
        pods.Select(pod => pod.AvailableFrom(minReadySeconds, now)).Where(time => time > now).Min();
}
