using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// How a pod's status reads: phase, conditions and container statuses, in Kubernetes' words
/// (core/v1 PodStatus; "Pod Lifecycle" in its documentation).
/// </summary>
static class PodStatusView
{
    public static PodStatus Of(Pod pod, PodFacts facts, DateTimeOffset now)
    {
        var phase = Phase(pod, facts, now);
        PodStatus status = new()
        {
            Phase = phase,
            Reason = facts.Status.Reason ?? EndOf(pod, facts, now)?.Reason,
            Message = facts.Status.Message ?? EndOf(pod, facts, now)?.Message,
            HostIp = facts.HostIp,
            PodIp = facts.PodIp,
            QosClass = Quality.Of(pod.Spec),
            StartTime = facts.AcceptedAt,
            InitContainerStatuses = [.. pod.Spec.InitContainers.Select(c => ContainerStatusView.Of(pod, c, facts, isInit: true, now))],
            ContainerStatuses = [.. pod.Spec.Containers.Select(c => ContainerStatusView.Of(pod, c, facts, isInit: false, now))],
        };
        return status with { Conditions = Conditions(pod, facts, status, now) };
    }

    /// <summary>Looks again when a status changes by time alone.</summary>
    public static void NextChange(Pod pod, PodFacts facts, Agenda agenda)
    {
        foreach (var container in pod.Spec.InitContainers.Concat(pod.Spec.Containers))
        {
            if (facts.Of(container.Name).PullTrouble is { } trouble)
                agenda.LookAt(trouble.At + BackOff.ShowPullError);
        }

        if (Deadline(pod, facts) is { } deadline)
            agenda.LookAt(deadline);
    }

    /// <summary>Why a pod ends that could go on; null for one that may.</summary>
    static (string Reason, string Message)? EndOf(Pod pod, PodFacts facts, DateTimeOffset now)
    {
        if (facts.Eviction is { } eviction)
            return ("Evicted", eviction);
        return facts.StopAskedAt is null && facts.Status.Phase is not (PodPhase.Succeeded or PodPhase.Failed) && Deadline(pod, facts) <= now
            ? ("DeadlineExceeded", $"the pod ran longer than its activeDeadlineSeconds: {pod.Spec.ActiveDeadlineSeconds}")
            : null;
    }

    static DateTimeOffset? Deadline(Pod pod, PodFacts facts) => pod.Spec.ActiveDeadlineSeconds is { } seconds ? facts.AcceptedAt.AddSeconds(seconds) : null;

    static PodPhase Phase(Pod pod, PodFacts facts, DateTimeOffset now)
    {
        var before = facts.Status.Phase;
        if (before is PodPhase.Succeeded or PodPhase.Failed)
            return before;
        if (EndOf(pod, facts, now) is not null)
            return PodPhase.Failed;
        var seen = facts.StopAskedAt is null ? PhaseOfRunning(pod, facts) : PhaseOfStopping(pod, facts);
        return seen > before ? seen : before;
    }

    static PodPhase PhaseOfRunning(Pod pod, PodFacts facts)
    {
        var policy = pod.Spec.RestartPolicy;
        foreach (var init in pod.Spec.InitContainers)
        {
            var known = facts.Of(init.Name);
            if (init.IsSidecar())
            {
                if (!PodMachine.HasBegun(init, known))
                    return PodPhase.Pending;
                continue;
            }

            if (HasEnded(known) && !PodMachine.HasSucceeded(known) && ContainerPlan.RestartsAt(policy, known, isInit: true) is null)
                return PodPhase.Failed;
            if (!PodMachine.HasSucceeded(known))
                return PodPhase.Pending;
        }

        List<ContainerFacts> all = [.. pod.Spec.Containers.Select(container => facts.Of(container.Name))];
        // A container that waits for its first start holds the pod back; one that waits for its next does not.
        if (all.Any(known => known.PreviousExit is null && known.Stage is ContainerStage.Waiting or ContainerStage.Created))
            return PodPhase.Pending;
        if (all.Any(known => !HasEnded(known) || ContainerPlan.RestartsAt(policy, known, isInit: false) is not null))
            return PodPhase.Running;
        return all.All(PodMachine.HasSucceeded) ? PodPhase.Succeeded : PodPhase.Failed;
    }

    static PodPhase PhaseOfStopping(Pod pod, PodFacts facts)
    {
        List<ContainerFacts> all = [.. pod.Spec.Containers.Select(container => facts.Of(container.Name))];
        if (all.Any(known => known.Stage == ContainerStage.Running))
            return PodPhase.Running;
        if (pod.Spec.InitContainers.Concat(pod.Spec.Containers).Any(c => facts.Of(c.Name).Stage is ContainerStage.Created or ContainerStage.Running))
            return facts.Status.Phase;
        return all.All(PodMachine.HasSucceeded) ? PodPhase.Succeeded : PodPhase.Failed;
    }

    /// <summary>True for an init container that no longer holds back those after it.</summary>
    static bool IsBehind(Container init, ContainerFacts known) => init.IsSidecar() ? PodMachine.HasBegun(init, known) : PodMachine.HasSucceeded(known);

    static bool HasEnded(ContainerFacts known) => known.Stage is ContainerStage.Exited or ContainerStage.Gone;

    static IReadOnlyList<Condition> Conditions(Pod pod, PodFacts facts, PodStatus status, DateTimeOffset now)
    {
        var conditions = facts.Status.Conditions;
        // The scheduler's word is carried along, never made up.
        if (pod.Status.Conditions.Find(PodConditions.PodScheduled) is { } scheduled)
            conditions = conditions.With(scheduled);
        var completed = status.Phase == PodPhase.Succeeded;
        string[] waiting = [.. pod.Spec.InitContainers.Where(c => !IsBehind(c, facts.Of(c.Name))).Select(c => c.Name)];
        var sidecars = pod.Spec.InitContainers.Where(c => c.IsSidecar()).Select(c => c.Name).ToHashSet();
        string[] unready = [.. status.InitContainerStatuses.Where(c => sidecars.Contains(c.Name)).Concat(status.ContainerStatuses).Where(c => !c.Ready).Select(c => c.Name)];
        var initialized = Make(PodConditions.Initialized, waiting.Length == 0, completed ? "PodCompleted" : null,
            "ContainersNotInitialized", $"containers with incomplete status: [{string.Join(' ', waiting)}]", now);
        var ready = unready.Length == 0 && waiting.Length == 0 && facts.StopAskedAt is null && status.Phase == PodPhase.Running;
        var reason = completed ? "PodCompleted" : status.Phase == PodPhase.Failed ? "PodFailed" : facts.StopAskedAt is not null ? "PodTerminating" : "ContainersNotReady";
        var message = reason == "ContainersNotReady" ? $"containers with unready status: [{string.Join(' ', unready)}]" : null;
        return conditions.With(initialized)
            .With(Make(PodConditions.ContainersReady, ready, null, reason, message, now))
            .With(Make(PodConditions.Ready, ready, null, reason, message, now));
    }

    static Condition Make(string type, bool holds, string? reasonWhenTrue, string reasonWhenFalse, string? messageWhenFalse, DateTimeOffset now) => new()
    {
        Type = type,
        Status = holds ? ConditionStatus.True : ConditionStatus.False,
        Reason = holds ? reasonWhenTrue : reasonWhenFalse,
        Message = holds ? null : messageWhenFalse,
        LastTransitionTime = now,
    };
}
