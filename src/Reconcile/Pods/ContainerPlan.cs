using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// The steps for one container of a pod: towards running, towards stopped, towards nothing left.
/// </summary>
static class ContainerPlan
{
    /// <summary>The reason of a container that can't be made because something its pod refers to is missing.</summary>
    public const string ConfigError = "CreateContainerConfigError";

    /// <summary>Has it running, and again when it ends and its pod's policy says so.</summary>
    public static void Run(Pod pod, Container container, ContainerFacts known, bool isSetUp, bool isInit, Agenda agenda)
    {
        var policy = container.IsSidecar() ? RestartPolicy.Always : pod.Spec.RestartPolicy;
        var newest = known.Instances - 1;
        switch (known.Stage)
        {
            case ContainerStage.Waiting:
                Create(container, known, isSetUp, agenda.Now, agenda);
                break;
            case ContainerStage.Created:
                agenda.DoAt(RetryAt(known.StartTrouble, agenda.Now), new PodStep.Start(container.Name, newest));
                break;
            case ContainerStage.Running when known.SignalledAt is { } since:
                Kill(container, known, (known.PreStoppedAt ?? since) + GraceOf(pod, container, known), agenda);
                break;
            case ContainerStage.Running when container.Lifecycle?.PostStart is not null && !known.IsPostStarted:
                agenda.Do(new PodStep.PostStart(container.Name, newest));
                break;
            case ContainerStage.Running when known.PostStartFailure is { } failure:
                AskToStop(container, known, $"postStart hook failed: {failure}", agenda);
                break;
            case ContainerStage.Running:
                // Init containers run to their end; probes are for those that stay.
                if (!isInit)
                    Probe(container, known, agenda);
                break;
            case ContainerStage.Exited:
                agenda.Do(new PodStep.Delete(container.Name, newest));
                break;
            case ContainerStage.Gone:
                if (RestartsAt(policy, known, isInit) is { } due)
                    Create(container, known, isSetUp, due, agenda);
                break;
        }
    }

    /// <summary>Has it stopped: the signal, then the kill at the deadline. True once nothing is left of it.</summary>
    public static bool Stop(Container container, ContainerFacts known, DateTimeOffset deadline, string because, Agenda agenda)
    {
        var newest = known.Instances - 1;
        switch (known.Stage)
        {
            case ContainerStage.Created:
                // Nothing of the image runs yet that could hear a signal.
                Kill(container, known, agenda.Now, agenda);
                return false;
            case ContainerStage.Running:
                if (known.SignalledAt is null && deadline > agenda.Now)
                    AskToStop(container, known, because, agenda);
                Kill(container, known, deadline, agenda);
                return false;
            case ContainerStage.Exited:
                agenda.Do(new PodStep.Delete(container.Name, newest));
                return false;
            case ContainerStage.Waiting or ContainerStage.Gone:
                return true;
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    /// <summary>Clears away what is left of it after its pod has ended. True once nothing is.</summary>
    public static bool Clear(Container container, ContainerFacts known, Agenda agenda) =>
        Stop(container, known, agenda.Now, "the pod has ended", agenda);

    /// <summary>When an ended container is started again; null for never.</summary>
    public static DateTimeOffset? RestartsAt(RestartPolicy policy, ContainerFacts known, bool isInit)
    {
        var failed = !PodMachine.HasSucceeded(known);
        var again = policy switch
        {
            RestartPolicy.Always => failed || !isInit,
            RestartPolicy.OnFailure => failed,
            RestartPolicy.Never => false,
        };
        return again && known.Exit is { } exit ? exit.FinishedAt + BackOff.BeforeRestart(known.Crashes) : null;
    }

    static void Create(Container container, ContainerFacts known, bool isSetUp, DateTimeOffset due, Agenda agenda)
    {
        if (known.ImageId is null)
        {
            var pullAt = known.PullTrouble is { } trouble ? trouble.At + BackOff.BeforePull(trouble.Count) : agenda.Now;
            agenda.DoAt(pullAt, new PodStep.Pull(container.Name));
            return;
        }

        var retry = RetryAt(known.StartTrouble, agenda.Now);
        if (isSetUp)
            agenda.DoAt(retry > due ? retry : due, new PodStep.Create(container.Name, known.Instances));
    }

    static void Probe(Container container, ContainerFacts known, Agenda agenda)
    {
        if (Failed(container, known) is { } because)
        {
            AskToStop(container, known, because, agenda);
            return;
        }

        ProbeKind[] kinds = ProbeVerdicts.HasStarted(known, container) ? [ProbeKind.Liveness, ProbeKind.Readiness] : [ProbeKind.Startup];
        foreach (var kind in kinds)
        {
            if (ProbeVerdicts.Of(container, kind) is { } probe)
                agenda.DoAt(ProbeVerdicts.DueAt(kind, known.Of(kind), probe, known.StartedAt ?? agenda.Now), new PodStep.Probe(container.Name, known.Instances - 1, kind));
        }
    }

    // The startup and the liveness probe restart a container; readiness only takes its traffic away.
    static string? Failed(Container container, ContainerFacts known)
    {
        if (container.StartupProbe is { } startup && ProbeVerdicts.Judge(known.Startup, startup) == false)
            return $"startup probe failed: {known.Startup.Message}";
        if (container.LivenessProbe is { } liveness && ProbeVerdicts.Judge(known.Liveness, liveness) == false)
            return $"liveness probe failed: {known.Liveness.Message}";
        return null;
    }

    static void AskToStop(Container container, ContainerFacts known, string because, Agenda agenda)
    {
        var newest = known.Instances - 1;
        agenda.Do(container.Lifecycle?.PreStop is not null && known.PreStoppedAt is null
            ? new PodStep.PreStop(container.Name, newest, because)
            : new PodStep.Signal(container.Name, newest, because));
    }

    // A probe may have less patience with a container that hangs than the pod has with one that ends well.
    static TimeSpan GraceOf(Pod pod, Container container, ContainerFacts known)
    {
        var own = ProbeVerdicts.Judge(known.Liveness, container.LivenessProbe) == false ? container.LivenessProbe?.TerminationGracePeriodSeconds
            : ProbeVerdicts.Judge(known.Startup, container.StartupProbe) == false ? container.StartupProbe?.TerminationGracePeriodSeconds : null;
        return TimeSpan.FromSeconds(own ?? pod.Spec.GraceSeconds());
    }

    static void Kill(Container container, ContainerFacts known, DateTimeOffset deadline, Agenda agenda)
    {
        var due = known.KilledAt is { } last ? last + BackOff.KillAgain : deadline;
        agenda.DoAt(due, new PodStep.Kill(container.Name, known.Instances - 1));
    }

    static DateTimeOffset RetryAt(Trouble? trouble, DateTimeOffset now) => trouble is null ? now : trouble.At + BackOff.BeforePull(trouble.Count);
}
