using System.Diagnostics;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// The one function that changes what is known of a pod. Events of an instance that is no longer the newest, and
/// events that would lead backwards, change nothing: they come late, not wrong.
/// </summary>
public static class PodHistory
{
    public static PodFacts After(PodFacts facts, PodEvent happened, DateTimeOffset now) => happened switch
    {
        PodEvent.SetUpDone done => facts with { IsSetUp = true, PodIp = done.PodIp, SetUpTrouble = null },
        PodEvent.SetUpFailed failed => facts with { SetUpTrouble = Again(facts.SetUpTrouble, "ContainerCreating", failed.Message, now) },
        PodEvent.SetUpLost => facts with { IsSetUp = false },
        PodEvent.ContentChanged => WithoutTrouble(facts, ContainerPlan.ConfigError) with
        {
            ContentVersion = facts.ContentVersion + 1,
            SetUpTrouble = facts.IsSetUp ? facts.SetUpTrouble : null,
            RefreshTrouble = null,
        },
        PodEvent.LeaseRenewed => WithoutTrouble(facts, PodEvent.LeaseLost),
        PodEvent.Refreshed refreshed => facts with { ShownVersion = refreshed.Version, RefreshTrouble = null },
        PodEvent.RefreshFailed failed => facts with { RefreshTrouble = Again(facts.RefreshTrouble, "FailedMount", failed.Message, now) },
        PodEvent.Evicted evicted => facts with { Eviction = facts.Eviction ?? evicted.Message },
        PodEvent.StopAsked => facts.StopAskedAt is null ? facts with { StopAskedAt = now } : facts,
        PodEvent.TornDown => facts with { IsSetUp = false, IsTornDown = true, SetUpTrouble = null },
        PodEvent.TearDownFailed failed => facts with { SetUpTrouble = Again(facts.SetUpTrouble, "TearDown", failed.Message, now) },
        PodEvent.Removed => facts with { IsRemoved = true },
        PodEvent.Pulled pulled => With(facts, pulled.Container, c => c with { ImageId = pulled.ImageId, PullTrouble = null }),
        PodEvent.PullFailed failed => With(facts, failed.Container, c => c with { PullTrouble = Again(c.PullTrouble, failed.Reason, failed.Message, now) }),
        PodEvent.ImageArrived arrived => With(facts, arrived.Container, c => c with { PullTrouble = null }),
        PodEvent.Created created => With(facts, created.Container, c => AfterCreated(c, created)),
        PodEvent.CreateFailed failed => With(facts, failed.Container, c => failed.Instance == c.Instances
            ? c with { StartTrouble = Again(c.StartTrouble, failed.Reason, failed.Message, now) } : c),
        PodEvent.Started started => OfInstance(facts, started.Container, started.Instance, c => c.Stage == ContainerStage.Created
            ? c with { Stage = ContainerStage.Running, StartedAt = started.At, StartTrouble = null } : c),
        PodEvent.PostStarted done => OfInstance(facts, done.Container, done.Instance, c => c with { IsPostStarted = true, PostStartFailure = done.Failure }),
        PodEvent.PreStopped done => OfInstance(facts, done.Container, done.Instance, c => c with { PreStoppedAt = c.PreStoppedAt ?? done.BegunAt }),
        PodEvent.StartFailed failed => OfInstance(facts, failed.Container, failed.Instance, c => c.Stage == ContainerStage.Created
            ? c with { StartTrouble = Again(c.StartTrouble, "RunContainerError", failed.Message, now) } : c),
        PodEvent.Exited exited => OfInstance(facts, exited.Container, exited.Instance, c => AfterExit(c, exited.Exit)),
        PodEvent.Probed probed => OfInstance(facts, probed.Container, probed.Instance, c => c.Stage == ContainerStage.Running
            ? ProbeVerdicts.After(c, probed) : c),
        PodEvent.Signalled signalled => OfInstance(facts, signalled.Container, signalled.Instance, c =>
            c with { SignalledAt = c.SignalledAt ?? now, StopReason = c.StopReason ?? signalled.Because }),
        PodEvent.Killed killed => OfInstance(facts, killed.Container, killed.Instance, c => c with { KilledAt = now }),
        PodEvent.Deleted deleted => OfInstance(facts, deleted.Container, deleted.Instance, c => c.Stage == ContainerStage.Exited
            ? c with { Stage = ContainerStage.Gone } : c),
        _ => throw new UnreachableException(),
    };

    // What was missing may be there now: it is looked for at once, not at the end of a back-off.
    static PodFacts WithoutTrouble(PodFacts facts, string reason) => facts with
    {
        Containers = facts.Containers.ToDictionary(each => each.Key, each => each.Value.StartTrouble?.Reason == reason ? each.Value with { StartTrouble = null } : each.Value),
    };

    static ContainerFacts AfterCreated(ContainerFacts container, PodEvent.Created created) => created.Instance != container.Instances
        ? container
        : new ContainerFacts
        {
            Instances = container.Instances + 1,
            Stage = ContainerStage.Created,
            ImageId = container.ImageId,
            PreviousExit = container.Exit,
            Crashes = container.Crashes,
        };

    static ContainerFacts AfterExit(ContainerFacts container, ContainerExit exit)
    {
        if (container.Stage is ContainerStage.Exited or ContainerStage.Gone or ContainerStage.Waiting)
            return container;
        var started = container.StartedAt ?? exit.StartedAt;
        var ranLong = started is { } at && exit.FinishedAt - at >= BackOff.ForgetAfter;
        return container with
        {
            Stage = ContainerStage.Exited,
            Exit = exit with { StartedAt = started, Message = exit.Message ?? container.StopReason },
            Crashes = ranLong ? 1 : container.Crashes + 1,
            StartTrouble = null,
        };
    }

    static PodFacts OfInstance(PodFacts facts, string name, int instance, Func<ContainerFacts, ContainerFacts> change) =>
        facts.Of(name).Instances - 1 == instance ? With(facts, name, change) : facts;

    static PodFacts With(PodFacts facts, string name, Func<ContainerFacts, ContainerFacts> change)
    {
        Dictionary<string, ContainerFacts> containers = new(facts.Containers) { [name] = change(facts.Of(name)) };
        return facts with { Containers = containers };
    }

    static Trouble Again(Trouble? before, string reason, string message, DateTimeOffset now) => new(reason, message, (before?.Count ?? 0) + 1, now);
}
