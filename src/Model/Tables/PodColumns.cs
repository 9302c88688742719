using System.Globalization;
using Orchestrator.Model.Pods;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of pods, and how a pod's state is put into one word.</summary>
public static class PodColumns
{
    internal static readonly IReadOnlyList<Column> Own =
    [
        new("READY", static (resource, _) => $"{((Pod)resource).Status.ContainerStatuses.Count(each => each.Ready)}/{((Pod)resource).Spec.Containers.Count}"),
        new("STATUS", static (resource, _) => StatusOf((Pod)resource)),
        new("RESTARTS", Restarts),
    ];

    internal static readonly IReadOnlyList<Column> Wide =
    [
        new("IP", static (resource, _) => Table.OrNone(((Pod)resource).Status.PodIp), Wide: true),
        new("NODE", static (resource, _) => Table.OrNone(((Pod)resource).Spec.NodeName), Wide: true),
    ];

    /// <summary>The one word that kubectl shows: why it waits or how it ended, before the phase.</summary>
    public static string StatusOf(Pod pod)
    {
        if (pod.IsBeingDeleted()) return pod.Status.Reason == "NodeLost" ? "Unknown" : "Terminating";
        if (Initializing(pod) is { } initializing) return initializing;
        foreach (var container in pod.Status.ContainerStatuses.Reverse())
        {
            if (container.State.Waiting?.Reason is { Length: > 0 } waiting) return waiting;
            if (container.State.Terminated is { } ended && !pod.Status.ContainerStatuses.Any(each => each.State.Running is not null)) return WordFor(ended);
        }

        if (pod.Status.Phase == PodPhase.Pending && pod.Spec.SchedulingGates.Count > 0) return "SchedulingGated";
        return pod.Status.Reason ?? pod.Status.Phase.ToString();
    }

    static string? Initializing(Pod pod)
    {
        var done = 0;
        foreach (var container in pod.Status.InitContainerStatuses)
        {
            if (container.State.Terminated is { ExitCode: 0 })
            {
                done++;
                continue;
            }

            if (container.State.Terminated is { } ended) return $"Init:{WordFor(ended)}";
            return container.State.Waiting?.Reason is { Length: > 0 } reason and not "PodInitializing"
                ? $"Init:{reason}"
                : $"Init:{done}/{pod.Spec.InitContainers.Count}";
        }

        return null;
    }

    static string WordFor(TerminatedState ended) =>
        ended.Reason ?? (ended.Signal is { } signal ? $"Signal:{signal}" : $"ExitCode:{ended.ExitCode}");

    static string Restarts(Meta.Resource resource, DateTimeOffset now)
    {
        var containers = ((Pod)resource).Status.ContainerStatuses;
        var count = containers.Sum(each => each.RestartCount);
        var last = containers.Select(each => each.LastState.Terminated?.FinishedAt).Where(time => time is not null).Max();
        return count > 0 && last is { } time
            ? $"{count} ({Durations.Text(now - time)} ago)"
            : count.ToString(CultureInfo.InvariantCulture);
    }
}
