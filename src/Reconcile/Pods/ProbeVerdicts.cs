using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// Turns single probe results into verdicts: so many in a row as the probe asks for. When to probe next, and which.
/// </summary>
static class ProbeVerdicts
{
    static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(50);

    public static ContainerFacts After(ContainerFacts container, PodEvent.Probed probed)
    {
        var before = container.Of(probed.Kind);
        var after = before with
        {
            InARow = before.InARow > 0 && before.LastSucceeded == probed.Succeeded ? before.InARow + 1 : 1,
            LastSucceeded = probed.Succeeded,
            LastAt = probed.BegunAt,
            Message = probed.Succeeded ? before.Message : probed.Message,
        };
        return probed.Kind switch
        {
            ProbeKind.Startup => container with { Startup = after },
            ProbeKind.Readiness => container with { Readiness = after },
            ProbeKind.Liveness => container with { Liveness = after },
        };
    }

    /// <summary>The verdict as the results stand. Thresholds are the probe's; between them the last verdict holds.</summary>
    public static bool? Judge(ProbeFacts facts, Probe? probe)
    {
        if (probe is null)
            return null;
        if (facts.InARow == 0)
            return facts.Verdict;
        if (facts.LastSucceeded)
            return facts.InARow >= probe.SuccessThreshold ? true : facts.Verdict;
        return facts.InARow >= probe.FailureThreshold ? false : facts.Verdict;
    }

    /// <summary>The facts with each probe's verdict brought up to its results, so that it is kept when results go on.</summary>
    public static ContainerFacts Settle(ContainerFacts facts, Container container) => facts with
    {
        Startup = Settle(facts.Startup, container.StartupProbe),
        Readiness = Settle(facts.Readiness, container.ReadinessProbe),
        Liveness = Settle(facts.Liveness, container.LivenessProbe),
    };

    public static Probe? Of(Container container, ProbeKind kind) => kind switch
    {
        ProbeKind.Startup => container.StartupProbe,
        ProbeKind.Readiness => container.ReadinessProbe,
        ProbeKind.Liveness => container.LivenessProbe,
    };

    /// <summary>True once the startup probe has succeeded, or there is none.</summary>
    public static bool HasStarted(ContainerFacts facts, Container container) =>
        facts.Stage == ContainerStage.Running && (container.Lifecycle?.PostStart is null || facts is { IsPostStarted: true, PostStartFailure: null }) && (container.StartupProbe is not { } probe || Judge(facts.Startup, probe) == true);

    public static bool IsReady(ContainerFacts facts, Container container) =>
        HasStarted(facts, container) && (container.ReadinessProbe is not { } probe || Judge(facts.Readiness, probe) == true);

    /// <summary>
    /// When the probe is due: after its initial delay, then every period, counted from the start of the last try. A container that is not ready at once
    /// mostly is a moment later, and nobody should wait a whole period for it: while it has run for less than that, readiness is tried again after as long as it has taken so far.
    /// </summary>
    public static DateTimeOffset DueAt(ProbeKind kind, ProbeFacts facts, Probe probe, DateTimeOffset startedAt)
    {
        var first = startedAt.AddSeconds(probe.InitialDelaySeconds);
        if (facts.LastAt is not { } last) return first;
        var period = TimeSpan.FromSeconds(probe.PeriodSeconds);
        if (kind != ProbeKind.Readiness || facts.LastSucceeded) return last + period;
        var taken = last - first < Soonest ? Soonest : last - first;
        return last + (taken < period ? taken : period);
    }

    static ProbeFacts Settle(ProbeFacts facts, Probe? probe) => probe is null ? facts : facts with { Verdict = Judge(facts, probe) };
}
