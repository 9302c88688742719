using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// How one container's status reads: waiting, running or terminated, with the reason words that Kubernetes users know.
/// </summary>
static class ContainerStatusView
{
    public static ContainerStatus Of(Pod pod, Container container, PodFacts podFacts, bool isInit, DateTimeOffset now)
    {
        var known = podFacts.Of(container.Name);
        var state = State(pod, container, known, podFacts, isInit, now);
        var last = state.Terminated is null ? known.Exit ?? known.PreviousExit : known.PreviousExit;
        return new ContainerStatus
        {
            Name = container.Name,
            State = state,
            LastState = last is null ? new ContainerState() : new ContainerState { Terminated = Terminated(last) },
            Ready = isInit && !container.IsSidecar() ? PodMachine.HasSucceeded(known) : ProbeVerdicts.IsReady(known, container),
            Started = ProbeVerdicts.HasStarted(known, container),
            RestartCount = Math.Max(0, known.Instances - 1),
            Image = container.Image,
            ImageId = known.ImageId,
            ContainerId = known.Instances > 0 ? $"orch://{ContainerId.Of(pod.Metadata.Uid ?? pod.Name, container.Name, known.Instances - 1)}" : null,
        };
    }

    static ContainerState State(Pod pod, Container container, ContainerFacts known, PodFacts podFacts, bool isInit, DateTimeOffset now) => known.Stage switch
    {
        ContainerStage.Running => new ContainerState { Running = new RunningState { StartedAt = known.StartedAt } },
        ContainerStage.Exited or ContainerStage.Gone => Ended(pod, container, known, podFacts, isInit),
        ContainerStage.Waiting or ContainerStage.Created => Waiting(known, podFacts, isInit, now, pod),
    };

    static ContainerState Ended(Pod pod, Container container, ContainerFacts known, PodFacts podFacts, bool isInit)
    {
        var over = podFacts.StopAskedAt is not null || podFacts.Status.Phase is PodPhase.Succeeded or PodPhase.Failed;
        var policy = container.IsSidecar() ? RestartPolicy.Always : pod.Spec.RestartPolicy;
        if (!over && ContainerPlan.RestartsAt(policy, known, isInit && !container.IsSidecar()) is not null)
        {
            if (known.StartTrouble is { } trouble)
                return Because(trouble.Reason, trouble.Message);
            var wait = BackOff.BeforeRestart(known.Crashes);
            if (wait > TimeSpan.Zero)
                return Because("CrashLoopBackOff", $"back-off {wait.TotalSeconds:0} s restarting container {container.Name} of pod {pod.Namespace}/{pod.Name}");
        }

        return new ContainerState { Terminated = Terminated(known.Exit ?? throw new InvalidOperationException("an ended instance without an end")) };
    }

    static ContainerState Waiting(ContainerFacts known, PodFacts podFacts, bool isInit, DateTimeOffset now, Pod pod)
    {
        if (known.StartTrouble is { } start)
            return Because(start.Reason, start.Message);
        if (known.PullTrouble is { } pull)
        {
            var backingOff = pull.Reason == "ErrImagePull" && now >= pull.At + BackOff.ShowPullError;
            return Because(backingOff ? "ImagePullBackOff" : pull.Reason, pull.Message);
        }

        if (podFacts.SetUpTrouble is { } setUp)
            return Because("ContainerCreating", setUp.Message);
        var behindInit = !isInit && pod.Spec.InitContainers.Any(c => c.IsSidecar() ? !PodMachine.HasBegun(c, podFacts.Of(c.Name)) : !PodMachine.HasSucceeded(podFacts.Of(c.Name)));
        return Because(behindInit ? "PodInitializing" : "ContainerCreating", null);
    }

    static ContainerState Because(string reason, string? message) => new() { Waiting = new WaitingState { Reason = reason, Message = message } };

    static TerminatedState Terminated(ContainerExit exit) => new()
    {
        ExitCode = exit.ExitCode,
        Signal = exit.Signal,
        Reason = exit.IsUnknown ? "ContainerStatusUnknown" : exit.OutOfMemory ? "OOMKilled" : exit.ExitCode == 0 ? "Completed" : "Error",
        Message = exit.Message,
        StartedAt = exit.StartedAt,
        FinishedAt = exit.FinishedAt,
    };
}
