using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.Reconcile.Tests.Pods;

/// <summary>What is done after a start and before an end; deadlines; content that changes.</summary>
public sealed class HookTests
{
    static readonly LifecycleHandler Hook = new() { Exec = new ExecAction { Command = ["true"] } };

    [Fact]
    public void A_container_is_ready_once_the_hook_after_its_start_is_done()
    {
        var pod = PodScript.Running(change: main => main with { Lifecycle = new Lifecycle { PostStart = Hook } });
        Assert.Equal([new PodStep.PostStart("main", 0)], pod.Decision.Steps);
        Assert.False(pod.Status.Conditions.IsTrue(PodConditions.Ready));
        pod.Do(new PodEvent.PostStarted("main", 0, null));
        Assert.Empty(pod.Decision.Steps);
        Assert.True(pod.Status.Conditions.IsTrue(PodConditions.Ready));
    }

    [Fact]
    public void A_container_whose_hook_after_the_start_fails_is_stopped_and_started_again()
    {
        var pod = PodScript.Running(change: main => main with { Lifecycle = new Lifecycle { PostStart = Hook } });
        pod.Do(new PodEvent.PostStarted("main", 0, "exit status 1"));
        Assert.Equal([new PodStep.Signal("main", 0, "postStart hook failed: exit status 1")], pod.Decision.Steps);
        pod.Do(new PodEvent.Signalled("main", 0, "postStart hook failed: exit status 1")).Gone("main", 0, 143).After(60);
        Assert.Equal([new PodStep.Create("main", 1)], pod.Decision.Steps);
        Assert.Equal("postStart hook failed: exit status 1", pod.Main.State.Terminated?.Message);
    }

    [Fact]
    public void The_signal_waits_for_the_hook_before_the_end_but_the_kill_does_not()
    {
        var pod = PodScript.Running(change: main => main with { Lifecycle = new Lifecycle { PreStop = Hook } }).Do(new PodEvent.StopAsked());
        Assert.Equal([new PodStep.PreStop("main", 0, "the pod is being deleted")], pod.Decision.Steps);
        pod.After(30);
        Assert.Equal([new PodStep.Kill("main", 0)], pod.Decision.Steps);

        var patient = PodScript.Running(change: main => main with { Lifecycle = new Lifecycle { PreStop = Hook } }).Do(new PodEvent.StopAsked());
        patient.After(5).Do(new PodEvent.PreStopped("main", 0, "the pod is being deleted", patient.Now));
        Assert.Equal([new PodStep.Signal("main", 0, "the pod is being deleted")], patient.Decision.Steps);
    }

    [Fact]
    public void A_liveness_probe_may_have_a_grace_of_its_own()
    {
        var pod = PodScript.Running(change: main => main with { LivenessProbe = new Probe { TcpSocket = new TcpSocketAction { Port = 1 }, FailureThreshold = 1, TerminationGracePeriodSeconds = 3 } });
        pod.Probe(ProbeKind.Liveness, false);
        pod.Do(new PodEvent.Signalled("main", 0, "liveness probe failed: no")).After(3);
        Assert.Contains(new PodStep.Kill("main", 0), pod.Decision.Steps);
    }

    [Fact]
    public void A_pod_that_runs_longer_than_its_deadline_has_failed()
    {
        var given = PodScript.PodOf();
        PodScript pod = new(given with { Spec = given.Spec with { ActiveDeadlineSeconds = 60 } });
        pod.Do(new PodEvent.SetUpDone("10.0.0.2"), new PodEvent.Pulled("main", "x")).Run("main", 0);
        Assert.Equal(pod.Now.AddSeconds(60), pod.Decision.NextCheck);
        pod.After(60);
        Assert.Equal((PodPhase.Failed, "DeadlineExceeded"), (pod.Status.Phase, pod.Status.Reason));
        Assert.Equal([new PodStep.Kill("main", 0)], pod.Decision.Steps);
    }

    [Fact]
    public void An_evicted_pod_has_failed_and_says_why()
    {
        var pod = PodScript.Running().Do(new PodEvent.Evicted("the node is short of memory"));
        Assert.Equal((PodPhase.Failed, "Evicted", "the node is short of memory"), (pod.Status.Phase, pod.Status.Reason, pod.Status.Message));
        Assert.Equal([new PodStep.Kill("main", 0)], pod.Decision.Steps);
    }

    [Fact]
    public void Files_are_brought_up_to_the_newest_content_also_when_it_changes_meanwhile()
    {
        var pod = PodScript.Running().Do(new PodEvent.ContentChanged());
        Assert.Equal([new PodStep.Refresh(1)], pod.Decision.Steps);
        pod.Do(new PodEvent.ContentChanged(), new PodEvent.Refreshed(1));
        Assert.Equal([new PodStep.Refresh(2)], pod.Decision.Steps);
        pod.Do(new PodEvent.Refreshed(2));
        Assert.Empty(pod.Decision.Steps);
    }

    [Fact]
    public void A_container_that_waits_for_something_missing_looks_again_when_content_changes()
    {
        var pod = new PodScript(PodScript.PodOf()).Do(new PodEvent.SetUpDone("10.0.0.2"), new PodEvent.Pulled("main", "x"));
        pod.Do(new PodEvent.CreateFailed("main", 0, "CreateContainerConfigError", "configmap \"settings\" not found"));
        Assert.Equal("CreateContainerConfigError", pod.Main.State.Waiting?.Reason);
        Assert.Empty(pod.Decision.Steps);
        pod.Do(new PodEvent.ContentChanged());
        Assert.Contains(new PodStep.Create("main", 0), pod.Decision.Steps);
    }
}
