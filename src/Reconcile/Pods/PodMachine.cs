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
        foreach (var container in pod.Spec.Containers)
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
        foreach (var container in pod.Spec.InitContainers)
        {
            var known = facts.Of(container.Name);
            ContainerPlan.Run(pod, container, known, facts.IsSetUp, isInit: true, agenda);
            // The next one begins when this one has succeeded.
            if (!HasSucceeded(known))
                return;
        }

        foreach (var container in pod.Spec.Containers)
            ContainerPlan.Run(pod, container, facts.Of(container.Name), facts.IsSetUp, isInit: false, agenda);
    }

    static void TowardsTornDown(Pod pod, PodFacts facts, Agenda agenda)
    {
        var anyLeft = false;
        foreach (var container in All(pod))
            anyLeft |= !ContainerPlan.Clear(container, facts.Of(container.Name), agenda);
        if (!anyLeft && !facts.IsTornDown)
            agenda.DoAt(RetryAt(facts.SetUpTrouble, agenda.Now), new PodStep.TearDown());
    }

    static void TowardsRemoved(Pod pod, PodFacts facts, DateTimeOffset askedAt, Agenda agenda)
    {
        var grace = TimeSpan.FromSeconds(Math.Max(0, pod.Metadata.DeletionGracePeriodSeconds ?? pod.Spec.GraceSeconds()));
        var anyLeft = false;
        foreach (var container in All(pod))
            anyLeft |= !ContainerPlan.Stop(container, facts.Of(container.Name), askedAt + grace, "the pod is being deleted", agenda);
        if (anyLeft)
            return;
        if (!facts.IsTornDown)
            agenda.DoAt(RetryAt(facts.SetUpTrouble, agenda.Now), new PodStep.TearDown());
        else if (!facts.IsRemoved)
            agenda.Do(new PodStep.Remove());
    }

    internal static bool HasSucceeded(ContainerFacts facts) =>
        facts is { Stage: ContainerStage.Exited or ContainerStage.Gone, Exit.ExitCode: 0, Exit.IsUnknown: false };

    static IEnumerable<Container> All(Pod pod) => pod.Spec.InitContainers.Concat(pod.Spec.Containers);

    static DateTimeOffset RetryAt(Trouble? trouble, DateTimeOffset now) => trouble is null ? now : trouble.At + BackOff.BeforeSetUp(trouble.Count);
}
