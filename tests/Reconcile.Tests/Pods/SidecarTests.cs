using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.Reconcile.Tests.Pods;

/// <summary>Init containers that stay (KEP-753): they start before what follows and end after it.</summary>
public sealed class SidecarTests
{
    static readonly Container Side = new() { Name = "side", Image = "proxy:1", RestartPolicy = RestartPolicy.Always };

    [Fact]
    public void What_follows_a_sidecar_starts_once_it_has_started()
    {
        var pod = Begun(Side with { StartupProbe = new Probe { TcpSocket = new TcpSocketAction { Port = 80 } } });
        pod.Run("side", 0);
        Assert.DoesNotContain(pod.Decision.Steps, step => step.ContainerName == "main");
        Assert.False(pod.Status.Conditions.IsTrue(PodConditions.Initialized));

        pod.Do(new PodEvent.Probed("side", 0, ProbeKind.Startup, true, "", pod.Now));
        Assert.Contains(new PodStep.Create("main", 0), pod.Decision.Steps);
        Assert.True(pod.Status.Conditions.IsTrue(PodConditions.Initialized));
        Assert.Equal(PodPhase.Pending, pod.Status.Phase);

        pod.Run("main", 0);
        Assert.Equal(PodPhase.Running, pod.Status.Phase);
        Assert.True(pod.Status.Conditions.IsTrue(PodConditions.Ready));
    }

    [Fact]
    public void A_sidecar_is_started_again_whatever_the_pods_policy_and_takes_readiness_away_meanwhile()
    {
        var pod = Begun(Side, RestartPolicy.Never);
        pod.Run("side", 0).Run("main", 0).Gone("side", 0, 0);
        Assert.Contains(new PodStep.Create("side", 1), pod.Decision.Steps);
        Assert.Equal(PodPhase.Running, pod.Status.Phase);
        Assert.False(pod.Status.Conditions.IsTrue(PodConditions.Ready));
    }

    [Fact]
    public void A_pod_ends_with_its_containers_and_its_sidecars_are_asked_to_stop_then()
    {
        var pod = Begun(Side, RestartPolicy.Never);
        pod.Run("side", 0).Run("main", 0).Gone("main", 0, 0);
        Assert.Equal(PodPhase.Succeeded, pod.Status.Phase);
        Assert.Equal([new PodStep.Signal("side", 0, "the pod has ended")], pod.Decision.Steps);

        pod.Do(new PodEvent.Signalled("side", 0, "the pod has ended")).After(30);
        Assert.Equal([new PodStep.Kill("side", 0)], pod.Decision.Steps);
        pod.Gone("side", 0, 137);
        Assert.Equal([new PodStep.TearDown()], pod.Decision.Steps);
        Assert.Equal(PodPhase.Succeeded, pod.Status.Phase);
    }

    [Fact]
    public void A_deleted_pod_stops_its_sidecars_last_in_the_reverse_order()
    {
        PodScript pod = new(PodScript.PodOf(RestartPolicy.Always, null, Side, Side with { Name = "later" }));
        pod.Do(new PodEvent.SetUpDone("10.0.0.2"), new PodEvent.Pulled("side", "x"), new PodEvent.Pulled("later", "x"), new PodEvent.Pulled("main", "x"));
        pod.Run("side", 0).Run("later", 0).Run("main", 0).Do(new PodEvent.StopAsked());
        Assert.Equal(["main"], pod.Decision.Steps.Select(step => step.ContainerName));
        pod.Gone("main", 0, 0);
        Assert.Equal(["later"], pod.Decision.Steps.Select(step => step.ContainerName));
        pod.Gone("later", 0, 0);
        Assert.Equal(["side"], pod.Decision.Steps.Select(step => step.ContainerName));
        pod.Gone("side", 0, 0);
        Assert.Equal([new PodStep.TearDown()], pod.Decision.Steps);
    }

    static PodScript Begun(Container side, RestartPolicy policy = RestartPolicy.Always) => new PodScript(PodScript.PodOf(policy, null, side))
        .Do(new PodEvent.SetUpDone("10.0.0.2"), new PodEvent.Pulled("side", "x"), new PodEvent.Pulled("main", "x"));
}
