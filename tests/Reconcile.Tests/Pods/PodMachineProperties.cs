using CsCheck;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.Reconcile.Tests.Pods;

/// <summary>
/// What holds for every pod whatever happens to it, in whatever order: found with random lives.
/// </summary>
public sealed class PodMachineProperties
{
    static readonly Container[] Init =
    [
        new Container { Name = "init", Image = "x" },
        new Container { Name = "side", Image = "x", RestartPolicy = RestartPolicy.Always, StartupProbe = new Probe { TcpSocket = new TcpSocketAction { Port = 1 } } },
    ];

    static Container WithHooks(Container main) => main with
    {
        Lifecycle = new Lifecycle { PostStart = new LifecycleHandler { Sleep = new SleepAction { Seconds = 1 } }, PreStop = new LifecycleHandler { Sleep = new SleepAction { Seconds = 1 } } },
    };

    // A life: at each turn either a proposed step comes to an end (well or badly), or something happens by itself.
    static readonly Gen<(RestartPolicy Policy, int[] Turns)> Lives =
        Gen.Select(Gen.Enum<RestartPolicy>(), Gen.Int[0, 999].Array[0, 80]);

    [Fact]
    public void The_phase_only_rises() => Live((before, after) => Assert.True(after.Status.Phase >= before.Status.Phase));

    [Fact]
    public void A_pod_that_has_ended_never_starts_anything() => Live((before, after) =>
    {
        if (before.Status.Phase is PodPhase.Succeeded or PodPhase.Failed)
            Assert.DoesNotContain(after.Steps, step => step is PodStep.Create or PodStep.Start or PodStep.Pull or PodStep.SetUp);
    });

    [Fact]
    public void Restart_counts_only_rise() => Live((before, after) =>
        Assert.All(before.Status.ContainerStatuses.Zip(after.Status.ContainerStatuses), pair => Assert.True(pair.Second.RestartCount >= pair.First.RestartCount)));

    [Fact]
    public void A_state_says_exactly_one_thing() => Live((_, after) => Assert.All(after.Status.ContainerStatuses.Concat(after.Status.InitContainerStatuses), status =>
        Assert.Equal(1, Convert.ToInt32(status.State.Waiting is not null) + Convert.ToInt32(status.State.Running is not null) + Convert.ToInt32(status.State.Terminated is not null))));

    [Fact]
    public void The_next_look_lies_ahead() => Lives.Sample(life =>
    {
        PodScript pod = new(PodScript.PodOf(life.Policy, WithHooks, Init));
        foreach (var turn in life.Turns)
        {
            Turn(pod, turn);
            Assert.True(pod.Decision.NextCheck is null || pod.Decision.NextCheck > pod.Now);
        }
    });

    [Fact]
    public void A_stopped_pod_comes_to_its_end_whatever_happened_before() => Lives.Sample(life =>
    {
        PodScript pod = new(PodScript.PodOf(life.Policy, WithHooks, Init));
        foreach (var turn in life.Turns)
            Turn(pod, turn);
        pod.Do(new PodEvent.StopAsked());
        for (var i = 0; i < 100 && !pod.Facts.IsRemoved; i++)
        {
            if (pod.Decision.Steps.Count > 0)
                pod.Do(Outcome(pod, pod.Decision.Steps[0], well: true));
            else if (pod.Facts.Containers.FirstOrDefault(c => c.Value.KilledAt is not null && c.Value.Stage is ContainerStage.Created or ContainerStage.Running) is { Key: { } killed })
                pod.Exit(killed, pod.Facts.Of(killed).Instances - 1, 137);
            else
                pod.After((pod.Decision.NextCheck!.Value - pod.Now).TotalSeconds);
        }

        Assert.True(pod.Facts.IsRemoved);
    });

    static void Live(Action<PodDecision, PodDecision> holds) => Lives.Sample(life =>
    {
        PodScript pod = new(PodScript.PodOf(life.Policy, WithHooks, Init));
        foreach (var turn in life.Turns)
        {
            var before = pod.Decision;
            Turn(pod, turn);
            holds(before, pod.Decision);
        }
    });

    static void Turn(PodScript pod, int turn)
    {
        var kind = turn % 10;
        var pick = turn / 10;
        if (kind == 0)
            pod.After(pick);
        else if (kind == 1 && pick < 5)
            pod.Do(new PodEvent.StopAsked());
        else if (kind == 2)
            pod.Do(pick % 10 == 0 ? new PodEvent.Evicted("no room") : pick % 2 == 0 ? new PodEvent.SetUpLost() : new PodEvent.ContentChanged());
        else if (kind == 3)
            pod.Exit(pick % 3 == 0 ? "main" : pick % 3 == 1 ? "init" : "side", pick % 4, pick % 3);
        else if (pod.Decision.Steps.Count > 0)
            pod.Do(Outcome(pod, pod.Decision.Steps[pick % pod.Decision.Steps.Count], well: kind > 4));
        else
            pod.After(1);
    }

    static PodEvent Outcome(PodScript pod, PodStep step, bool well) => step switch
    {
        PodStep.SetUp => well ? new PodEvent.SetUpDone("10.0.0.2") : new PodEvent.SetUpFailed("no"),
        PodStep.Pull pull => well ? new PodEvent.Pulled(pull.Container, "x@1") : new PodEvent.PullFailed(pull.Container, "ErrImagePull", "no"),
        PodStep.Create create => well ? new PodEvent.Created(create.Container, create.Instance) : new PodEvent.CreateFailed(create.Container, create.Instance, "CreateContainerError", "no"),
        PodStep.Start start => well ? new PodEvent.Started(start.Container, start.Instance, pod.Now) : new PodEvent.StartFailed(start.Container, start.Instance, "no"),
        PodStep.Probe probe => new PodEvent.Probed(probe.Container, probe.Instance, probe.Kind, well, "", pod.Now),
        PodStep.Refresh refresh => well ? new PodEvent.Refreshed(refresh.Version) : new PodEvent.RefreshFailed(refresh.Version, "no"),
        PodStep.PostStart hook => new PodEvent.PostStarted(hook.Container, hook.Instance, well ? null : "no"),
        PodStep.PreStop hook => new PodEvent.PreStopped(hook.Container, hook.Instance, hook.Because, pod.Now),
        PodStep.Signal signal => new PodEvent.Signalled(signal.Container, signal.Instance, signal.Because),
        PodStep.Kill kill => new PodEvent.Killed(kill.Container, kill.Instance),
        PodStep.Delete delete => new PodEvent.Deleted(delete.Container, delete.Instance),
        PodStep.TearDown => well ? new PodEvent.TornDown() : new PodEvent.TearDownFailed("no"),
        PodStep.Remove => new PodEvent.Removed(),
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
