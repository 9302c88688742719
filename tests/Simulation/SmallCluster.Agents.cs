using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;

namespace Orchestrator.Simulation;

/// <summary>
/// What the nodes do. How a container fares is said by its image's name: <c>crash</c> ends with an error soon after each start, <c>stuck</c> is never ready,
/// <c>done</c> ends well after two seconds and <c>fail</c> badly, <c>slow</c> ends well after a quarter of an hour, and any other runs until it is stopped.
/// </summary>
sealed partial class SmallCluster
{
    const int FirstBackOffSeconds = 10;
    const int MostBackOffSeconds = 300;
    const int WorkSeconds = 2;
    const int SlowSeconds = 900;

    readonly HashSet<string> _stopped = new(StringComparer.Ordinal);
    bool _agentsTakeTheirTime;

    void Agents()
    {
        _agentsTakeTheirTime = false;
        foreach (var pod in InSomeOrder(Pods.Where(pod => pod.Spec.NodeName is { } node && !_dead.ContainsKey(node))))
        {
            if (pod.IsBeingDeleted() && _stopped.Add(pod.Metadata.Uid ?? "")) Write(new Delete(pod.Key, pod.Metadata.Uid, GraceSeconds: 0));
            else if (pod.IsTerminal()) continue;
            else if (shuffled && pod.Status.StartTime is null && _random.Next(3) == 0) _agentsTakeTheirTime = true;
            else if (Next(pod) is { } status) Write(new UpdateStatus(pod with { Status = status }));
        }
    }

    /// <summary>The next thing that is seen of a pod; null when nothing has changed.</summary>
    PodStatus? Next(Pod pod)
    {
        var image = pod.Spec.Containers[0].Image.Split(':')[0];
        var before = pod.Status.ContainerStatuses is [var first, ..] ? first : null;
        if (before is null) return Seen(pod, new ContainerStatus { Name = pod.Spec.Containers[0].Name, State = Started(), Ready = image is not "stuck" });
        if (before.State.Running is { StartedAt: { } since })
        {
            var (ends, code) = image switch { "crash" => (1, 1), "done" => (WorkSeconds, 0), "fail" => (WorkSeconds, 1), "slow" => (SlowSeconds, 0), _ => (int.MaxValue, 0) };
            if (ends <= WorkSeconds) _agentsTakeTheirTime = true;
            if ((Now - since).TotalSeconds < ends) return null;
            var ended = new ContainerState { Terminated = new TerminatedState { ExitCode = code, Reason = code == 0 ? "Completed" : "Error", StartedAt = since, FinishedAt = Now } };
            var restarts = pod.Spec.RestartPolicy == RestartPolicy.Always || (pod.Spec.RestartPolicy == RestartPolicy.OnFailure && code != 0);
            return restarts
                ? Seen(pod, before with { Ready = false, LastState = ended, State = new ContainerState { Waiting = new WaitingState { Reason = "CrashLoopBackOff" } } })
                : Seen(pod, before with { Ready = false, State = ended }) with { Phase = code == 0 ? PodPhase.Succeeded : PodPhase.Failed };
        }

        if (before.LastState.Terminated?.FinishedAt is not { } last) return null;
        var wait = Math.Min(MostBackOffSeconds, FirstBackOffSeconds << Math.Min(before.RestartCount, 5));
        return (Now - last).TotalSeconds < wait ? null : Seen(pod, before with { RestartCount = before.RestartCount + 1, State = Started(), Ready = image is not ("stuck" or "crash") });
    }

    ContainerState Started() => new() { Running = new RunningState { StartedAt = Now } };

    PodStatus Seen(Pod pod, ContainerStatus container) => pod.Status with
    {
        Phase = PodPhase.Running,
        StartTime = pod.Status.StartTime ?? Now,
        PodIp = pod.Status.PodIp ?? $"10.244.{State.Revision / 250 % 250}.{State.Revision % 250 + 1}",
        ContainerStatuses = [container],
        Conditions = pod.Status.Conditions.With(new Condition { Type = PodConditions.Ready, Status = container.Ready ? ConditionStatus.True : ConditionStatus.False, LastTransitionTime = Now }),
    };
}
