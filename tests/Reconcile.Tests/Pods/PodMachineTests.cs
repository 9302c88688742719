using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.Reconcile.Tests.Pods;

/// <summary>
/// One pod's life, decision by decision: the steps proposed and the words of its status.
/// </summary>
public sealed class PodMachineTests
{
    [Fact]
    public void A_new_pod_is_set_up_while_its_image_is_pulled()
    {
        PodScript pod = new(PodScript.PodOf());

        Assert.Equal([new PodStep.SetUp(), new PodStep.Pull("main")], pod.Decision.Steps);
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
        Assert.Equal("ContainerCreating", pod.Main.State.Waiting?.Reason);
    }

    [Fact]
    public void A_container_is_made_once_its_pod_is_set_up_and_its_image_is_here()
    {
        var pod = new PodScript(PodScript.PodOf()).Do(new PodEvent.Pulled("main", "web@sha256:1"));
        Assert.Equal([new PodStep.SetUp()], pod.Decision.Steps);

        pod.Do(new PodEvent.SetUpDone("10.0.0.2"));
        Assert.Equal([new PodStep.Create("main", 0)], pod.Decision.Steps);

        pod.Do(new PodEvent.Created("main", 0));
        Assert.Equal([new PodStep.Start("main", 0)], pod.Decision.Steps);

        pod.Do(new PodEvent.Started("main", 0, pod.Now));
        Assert.Empty(pod.Decision.Steps);
        Assert.Equal(PodPhase.Running, pod.Status.Phase);
        Assert.True(pod.Status.Conditions.IsTrue(PodConditions.Ready));
        Assert.Equal("10.0.0.2", pod.Status.PodIp);
    }

    [Fact]
    public void An_image_that_arrives_ends_the_wait_for_the_next_pull()
    {
        var pod = new PodScript(PodScript.PodOf()).Do(new PodEvent.PullFailed("main", "ErrImagePull", "no such image"));
        Assert.DoesNotContain(new PodStep.Pull("main"), pod.Decision.Steps);

        pod.Do(new PodEvent.ImageArrived("main"));
        Assert.Contains(new PodStep.Pull("main"), pod.Decision.Steps);
    }

    [Theory]
    [InlineData(RestartPolicy.Always, 0, true)]
    [InlineData(RestartPolicy.Always, 1, true)]
    [InlineData(RestartPolicy.OnFailure, 0, false)]
    [InlineData(RestartPolicy.OnFailure, 1, true)]
    [InlineData(RestartPolicy.Never, 0, false)]
    [InlineData(RestartPolicy.Never, 1, false)]
    public void The_policy_says_whether_an_ended_container_is_started_again(RestartPolicy policy, int code, bool again)
    {
        var pod = PodScript.Running(policy).Gone("main", 0, code);

        Assert.Equal(again, pod.Decision.Steps.Contains(new PodStep.Create("main", 1)));
        Assert.Equal(again ? PodPhase.Running : code == 0 ? PodPhase.Succeeded : PodPhase.Failed, pod.Status.Phase);
    }

    [Fact]
    public void The_back_off_doubles_from_ten_seconds_to_five_minutes()
    {
        var pod = PodScript.Running();
        int[] expected = [0, 10, 20, 40, 80, 160, 300, 300];
        for (var i = 0; i < expected.Length; i++)
        {
            pod.Gone("main", i, 1);
            if (expected[i] > 0)
            {
                Assert.DoesNotContain(new PodStep.Create("main", i + 1), pod.Decision.Steps);
                Assert.Equal("CrashLoopBackOff", pod.Main.State.Waiting?.Reason);
                Assert.Equal(pod.Now.AddSeconds(expected[i]), pod.Decision.NextCheck);
                pod.After(expected[i]);
            }

            Assert.Contains(new PodStep.Create("main", i + 1), pod.Decision.Steps);
            pod.Run("main", i + 1);
            Assert.Equal(i + 1, pod.Main.RestartCount);
        }
    }

    [Fact]
    public void A_container_that_ran_ten_minutes_starts_again_at_once()
    {
        var pod = PodScript.Running().Gone("main", 0, 1).Run("main", 1).Gone("main", 1, 1).After(10).Run("main", 2).After(600).Gone("main", 2, 1);

        Assert.Contains(new PodStep.Create("main", 3), pod.Decision.Steps);
    }

    [Theory]
    [InlineData(0, false, "Completed")]
    [InlineData(3, false, "Error")]
    [InlineData(137, true, "OOMKilled")]
    public void An_ended_container_says_how_it_ended(int code, bool outOfMemory, string reason)
    {
        var pod = PodScript.Running(RestartPolicy.Never).Exit("main", 0, code, outOfMemory);

        Assert.Equal(reason, pod.Main.State.Terminated?.Reason);
        Assert.Equal(code, pod.Main.State.Terminated?.ExitCode);
        Assert.Equal([new PodStep.Delete("main", 0)], pod.Decision.Steps);
    }

    [Fact]
    public void A_failed_pull_is_an_error_first_and_a_back_off_then()
    {
        var pod = new PodScript(PodScript.PodOf()).Do(new PodEvent.PullFailed("main", "ErrImagePull", "node n1: image web:1 not found"));
        Assert.Equal(("ErrImagePull", "node n1: image web:1 not found"), (pod.Main.State.Waiting?.Reason, pod.Main.State.Waiting?.Message));
        Assert.DoesNotContain(new PodStep.Pull("main"), pod.Decision.Steps);

        pod.After(2);
        Assert.Equal("ImagePullBackOff", pod.Main.State.Waiting?.Reason);

        pod.After(8);
        Assert.Contains(new PodStep.Pull("main"), pod.Decision.Steps);
    }

    [Fact]
    public void Init_containers_go_first_and_in_order()
    {
        var pod = new PodScript(PodScript.PodOf(init: [new Container { Name = "a", Image = "x" }, new Container { Name = "b", Image = "x" }]))
            .Do(new PodEvent.SetUpDone("10.0.0.2"));
        Assert.Equal([new PodStep.Pull("a")], pod.Decision.Steps);
        Assert.Equal("PodInitializing", pod.Main.State.Waiting?.Reason);

        pod.Do(new PodEvent.Pulled("a", "x@1")).Run("a", 0).Gone("a", 0, 0);
        Assert.Equal([new PodStep.Pull("b")], pod.Decision.Steps);
        Assert.False(pod.Status.Conditions.IsTrue(PodConditions.Initialized));

        pod.Do(new PodEvent.Pulled("b", "x@1")).Run("b", 0).Gone("b", 0, 0);
        Assert.Equal([new PodStep.Pull("main")], pod.Decision.Steps);
        Assert.True(pod.Status.Conditions.IsTrue(PodConditions.Initialized));
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);
    }

    [Fact]
    public void A_failed_init_container_fails_a_pod_that_never_restarts()
    {
        var pod = new PodScript(PodScript.PodOf(RestartPolicy.Never, init: new Container { Name = "a", Image = "x" }))
            .Do(new PodEvent.SetUpDone("10.0.0.2"), new PodEvent.Pulled("a", "x@1")).Run("a", 0).Gone("a", 0, 1);

        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
        Assert.Equal([new PodStep.TearDown()], pod.Decision.Steps);
    }

    [Fact]
    public void Stopping_is_a_signal_then_a_kill_then_clearing_away()
    {
        var pod = PodScript.Running().Do(new PodEvent.StopAsked());
        Assert.Equal([new PodStep.Signal("main", 0, "the pod is being deleted")], pod.Decision.Steps);
        Assert.False(pod.Status.Conditions.IsTrue(PodConditions.Ready));

        pod.Do(new PodEvent.Signalled("main", 0, "the pod is being deleted"));
        Assert.Equal(pod.Now.AddSeconds(30), pod.Decision.NextCheck);
        Assert.Contains(new PodStep.Kill("main", 0), pod.After(30).Decision.Steps);

        pod.Do(new PodEvent.Killed("main", 0));
        Assert.DoesNotContain(new PodStep.Kill("main", 0), pod.Decision.Steps);
        Assert.Contains(new PodStep.Kill("main", 0), pod.After(5).Decision.Steps);

        Assert.Equal([new PodStep.Delete("main", 0)], pod.Exit("main", 0, 137).Decision.Steps);
        Assert.Equal([new PodStep.TearDown()], pod.Do(new PodEvent.Deleted("main", 0)).Decision.Steps);
        Assert.Equal([new PodStep.Remove()], pod.Do(new PodEvent.TornDown()).Decision.Steps);
        Assert.Empty(pod.Do(new PodEvent.Removed()).Decision.Steps);
    }

    [Fact]
    public void No_grace_means_a_kill_at_once()
    {
        var pod = PodScript.Running();
        pod.Pod = pod.Pod with { Metadata = pod.Pod.Metadata with { DeletionTimestamp = pod.Now, DeletionGracePeriodSeconds = 0 } };
        pod.Do(new PodEvent.StopAsked());

        Assert.Equal([new PodStep.Kill("main", 0)], pod.Decision.Steps);
    }

    [Fact]
    public void A_stopping_pod_never_starts_anything_again()
    {
        var pod = PodScript.Running().Do(new PodEvent.StopAsked()).Gone("main", 0, 1);

        Assert.Equal([new PodStep.TearDown()], pod.Decision.Steps);
        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
    }

    [Fact]
    public void A_container_that_is_not_ready_at_once_is_asked_again_soon_then_ever_later_and_at_last_every_period()
    {
        Probe probe = new() { TcpSocket = new TcpSocketAction { Port = 80 }, PeriodSeconds = 2 };
        var pod = PodScript.Running(change: c => c with { ReadinessProbe = probe });
        var began = pod.Now;
        List<double> tries = [];
        while (pod.Now - began < TimeSpan.FromSeconds(9))
        {
            tries.Add((pod.Now - began).TotalSeconds);
            pod.Probe(ProbeKind.Readiness, false);
            pod.After((pod.Decision.NextCheck!.Value - pod.Now).TotalSeconds); // the next try
        }

        Assert.Equal([0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.2, 7.2], tries.Select(each => Math.Round(each, 3)));
    }

    [Fact]
    public void Readiness_needs_its_thresholds_both_ways()
    {
        Probe probe = new() { TcpSocket = new TcpSocketAction { Port = 80 }, PeriodSeconds = 5, SuccessThreshold = 2, FailureThreshold = 3, InitialDelaySeconds = 7 };
        var pod = PodScript.Running(change: c => c with { ReadinessProbe = probe });
        Assert.Empty(pod.Decision.Steps);
        Assert.False(pod.Main.Ready);
        Assert.Equal(pod.Now.AddSeconds(7), pod.Decision.NextCheck);

        Assert.Equal([new PodStep.Probe("main", 0, ProbeKind.Readiness)], pod.After(7).Decision.Steps);
        Assert.False(pod.Probe(ProbeKind.Readiness, true).Main.Ready);
        Assert.Equal([new PodStep.Probe("main", 0, ProbeKind.Readiness)], pod.After(5).Decision.Steps);
        Assert.True(pod.Probe(ProbeKind.Readiness, true).Main.Ready);
        Assert.True(pod.After(5).Probe(ProbeKind.Readiness, false).Main.Ready);
        Assert.True(pod.After(5).Probe(ProbeKind.Readiness, false).Main.Ready);
        Assert.False(pod.After(5).Probe(ProbeKind.Readiness, false).Main.Ready);
        Assert.False(pod.After(5).Probe(ProbeKind.Readiness, true).Main.Ready);
        Assert.Equal("containers with unready status: [main]", pod.Status.Conditions.Find(PodConditions.Ready)?.Message);
    }

    [Fact]
    public void A_dead_container_is_signalled_and_started_again()
    {
        Probe probe = new() { TcpSocket = new TcpSocketAction { Port = 80 }, PeriodSeconds = 1, FailureThreshold = 2 };
        var pod = PodScript.Running(change: c => c with { LivenessProbe = probe });
        pod.Probe(ProbeKind.Liveness, false).After(1).Probe(ProbeKind.Liveness, false);
        Assert.Equal([new PodStep.Signal("main", 0, "liveness probe failed: no")], pod.Decision.Steps);

        pod.Do(new PodEvent.Signalled("main", 0, "liveness probe failed: no")).Gone("main", 0, 143);

        Assert.Contains(new PodStep.Create("main", 1), pod.Decision.Steps);
        Assert.Equal("liveness probe failed: no", pod.Main.State.Terminated?.Message);
        Assert.Null(pod.Run("main", 1).Facts.Of("main").Liveness.Verdict);
    }

    [Fact]
    public void The_startup_probe_holds_the_others_back()
    {
        Probe probe = new() { TcpSocket = new TcpSocketAction { Port = 80 }, PeriodSeconds = 1 };
        var pod = PodScript.Running(change: c => c with { StartupProbe = probe, LivenessProbe = probe, ReadinessProbe = probe });
        Assert.Equal([new PodStep.Probe("main", 0, ProbeKind.Startup)], pod.Decision.Steps);
        Assert.False(pod.Main.Started);

        pod.Probe(ProbeKind.Startup, true);

        Assert.True(pod.Main.Started);
        Assert.Equal([new PodStep.Probe("main", 0, ProbeKind.Liveness), new PodStep.Probe("main", 0, ProbeKind.Readiness)], pod.Decision.Steps);
    }

    [Fact]
    public void Late_news_of_an_earlier_instance_changes_nothing()
    {
        var pod = PodScript.Running().Gone("main", 0, 1).Run("main", 1);
        var before = pod.Facts;

        pod.Exit("main", 0, 1);

        Assert.Equal(ContainerStage.Running, pod.Facts.Of("main").Stage);
        Assert.Equal(before.Of("main").Crashes, pod.Facts.Of("main").Crashes);
    }

    [Fact]
    public void An_end_nobody_saw_is_told_as_such()
    {
        var pod = PodScript.Running(RestartPolicy.Never)
            .Do(new PodEvent.Exited("main", 0, new ContainerExit(137, null, false, null, PodScript.Start) { IsUnknown = true, Message = "the node was restarted" }));

        Assert.Equal("ContainerStatusUnknown", pod.Main.State.Terminated?.Reason);
        Assert.Equal(PodPhase.Failed, pod.Status.Phase);
    }

    [Fact]
    public void Conditions_remember_when_they_changed()
    {
        var pod = PodScript.Running();
        var since = pod.Now;

        pod.After(100);

        Assert.Equal(since, pod.Status.Conditions.Find(PodConditions.Ready)?.LastTransitionTime);
    }
}
