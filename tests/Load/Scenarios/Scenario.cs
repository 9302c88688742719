using Orchestrator.Load.Running;

namespace Orchestrator.Load.Scenarios;

/// <summary>One thing that a cluster goes through under load. The steps are written here once, and whoever drives them decides when each is taken.</summary>
public abstract class Scenario
{
    /// <summary>As it is asked for on the command line.</summary>
    public abstract string Name { get; }

    public abstract string Description { get; }

    /// <summary>When requests arrive.</summary>
    public abstract IReadOnlyList<Stage> Stages { get; }

    public abstract Threshold Threshold { get; }

    /// <summary>Puts into the cluster what the steps need. Removed with the cluster.</summary>
    public virtual Task PrepareAsync(LoadedCluster cluster, CancellationToken token) => Task.CompletedTask;

    /// <summary>One request.</summary>
    /// <param name="number">Counts the requests of a run, from 0.</param>
    public abstract Task<Outcome> StepAsync(LoadedCluster cluster, long number, CancellationToken token);

    /// <summary>What is done to the cluster while the requests come in, until the token says that they have.</summary>
    public virtual Task MeanwhileAsync(LoadedCluster cluster, CancellationToken token) => Task.CompletedTask;

    /// <summary>Ends what the scenario has started beside the cluster.</summary>
    public virtual ValueTask CleanAsync() => ValueTask.CompletedTask;

    /// <param name="soak">How long ingress-soak takes.</param>
    /// <param name="hitless">And hitless.</param>
    public static IReadOnlyList<Scenario> All(TimeSpan soak, TimeSpan hitless) =>
        [new ApplyStorm(), new Reads(), new WatchFanOut(), new IngressSteady(), new IngressSpike(), new IngressSoak(soak), new RolloutUnderLoad(), new NodeChurn(), new CaRotation(), new Hitless(hitless)];
}

/// <summary>What a run has to keep to; else it has failed.</summary>
/// <param name="FailedShare">The most that may fail, from 0 to 1.</param>
/// <param name="P99">In milliseconds, from the moment that a request was to arrive.</param>
public sealed record Threshold(double FailedShare, double P99)
{
    public bool IsMet(Recording recording) => recording.Count > 0 && recording.Failed <= FailedShare * recording.Count && recording.Percentile(99) <= P99;
}
