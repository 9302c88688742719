using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// Decides for one pod on its node: from what is wanted, what is known and the time, what to do now and how its status
/// reads. Pure; a pod never runs twice, and its phase only rises.
/// </summary>
public static class PodMachine
{
    public static PodDecision Decide(Pod pod, PodFacts facts, DateTimeOffset now)
    {
        Agenda agenda = new(now);
        var status = PodStatusView.Of(pod, facts, now);
        if (facts.StopAskedAt is { } askedAt)
            TowardsRemoved(pod, facts, askedAt, agenda);
        else if (status.Phase is PodPhase.Succeeded or PodPhase.Failed)
            TowardsTornDown(pod, facts, agenda);
        else
            TowardsRunning(pod, facts, agenda);
        PodStatusView.NextChange(pod, facts, agenda);
        return new PodDecision(agenda.Steps, status, agenda.NextCheck);
    }

    /// <summary>The facts as they are kept after a decision: its status, and the verdicts that probes have reached.</summary>
    public static PodFacts Keep(Pod pod, PodFacts facts, PodDecision decision)
    {
        Dictionary<string, ContainerFacts> containers = new(facts.Containers);
        foreach (var container in All(pod))
        {
            if (containers.TryGetValue(container.Name, out var known))
                containers[container.Name] = ProbeVerdicts.Settle(known, container);
        }

        return facts with { Containers = containers, Status = decision.Status };
    }

    static void TowardsRunning(Pod pod, PodFacts facts, Agenda agenda)
    {
        if (!facts.IsSetUp)
            agenda.DoAt(RetryAt(facts.SetUpTrouble, agenda.Now), new PodStep.SetUp());
        else if (facts.ShownVersion != facts.ContentVersion)
            agenda.DoAt(RetryAt(facts.RefreshTrouble, agenda.Now), new PodStep.Refresh(facts.ContentVersion));
        foreach (var container in pod.Spec.InitContainers)
        {
            var known = facts.Of(container.Name);
            ContainerPlan.Run(pod, container, known, facts.IsSetUp, isInit: !container.IsSidecar(), agenda);
            // The next one begins when this one has succeeded, or, as a sidecar, has started. One that fell over later holds nobody back.
            if (!(container.IsSidecar() ? HasBegun(container, known) : HasSucceeded(known)))
                return;
        }

        foreach (var container in pod.Spec.Containers)
            ContainerPlan.Run(pod, container, facts.Of(container.Name), facts.IsSetUp, isInit: false, agenda);
    }

    static void TowardsTornDown(Pod pod, PodFacts facts, Agenda agenda)
    {
        var anyLeft = false;
        foreach (var container in All(pod).Where(container => !container.IsSidecar()))
            anyLeft |= !ContainerPlan.Clear(container, facts.Of(container.Name), agenda);
        anyLeft = anyLeft || !StopSidecars(pod, facts, LastEnd(pod, facts) + TimeSpan.FromSeconds(pod.Spec.GraceSeconds()), "the pod has ended", agenda);
        if (!anyLeft && !facts.IsTornDown)
            agenda.DoAt(RetryAt(facts.SetUpTrouble, agenda.Now), new PodStep.TearDown());
    }

    static void TowardsRemoved(Pod pod, PodFacts facts, DateTimeOffset askedAt, Agenda agenda)
    {
        var grace = TimeSpan.FromSeconds(Math.Max(0, pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec.GraceSeconds()));
        const string because = "the pod is being deleted";
        var anyLeft = false;
        foreach (var container in All(pod).Where(container => !container.IsSidecar()))
            anyLeft |= !ContainerPlan.Stop(container, facts.Of(container.Name), askedAt + grace, because, agenda);
        if (anyLeft || !StopSidecars(pod, facts, askedAt + grace, because, agenda))
            return;
        if (!facts.IsTornDown)
            agenda.DoAt(RetryAt(facts.SetUpTrouble, agenda.Now), new PodStep.TearDown());
        else if (!facts.IsRemoved)
            agenda.Do(new PodStep.Remove());
    }

    // Those that depend on one started after it, and end before it. True once nothing is left of them.
    static bool StopSidecars(Pod pod, PodFacts facts, DateTimeOffset deadline, string because, Agenda agenda) =>
        pod.Spec.InitContainers.Where(container => container.IsSidecar()).Reverse()
            .All(container => ContainerPlan.Stop(container, facts.Of(container.Name), deadline, because, agenda));

    static DateTimeOffset LastEnd(Pod pod, PodFacts facts) =>
        pod.Spec.Containers.Select(container => facts.Of(container.Name).Exit?.FinishedAt).Max() ?? facts.AcceptedAt;

    /// <summary>True for a sidecar that has started, now or in an earlier run.</summary>
    internal static bool HasBegun(Container container, ContainerFacts known) => known.Instances > 1 || ProbeVerdicts.HasStarted(known, container);

    internal static bool HasSucceeded(ContainerFacts facts) =>
        facts is { Stage: ContainerStage.Exited or ContainerStage.Gone, Exit.ExitCode: 0, Exit.IsUnknown: false };

    static IEnumerable<Container> All(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    static DateTimeOffset RetryAt(Trouble? trouble, DateTimeOffset now) => trouble is null ? now : trouble.At + BackOff.BeforeSetUp(trouble.Count);
}
