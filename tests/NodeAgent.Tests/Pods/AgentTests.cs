using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Images;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>
/// What a user sees of an agent: pods wanted in, statuses and logs out, with a real runtime underneath.
/// </summary>
public sealed class AgentTests
{
    [Fact]
    public async Task A_pod_runs_becomes_ready_and_has_an_address_of_the_nodes_range()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("echo hello; exec sleep 1000");
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.Conditions.IsTrue(PodConditions.Ready), "ready");

        Assert.Equal(PodPhase.Running, status.Phase);
        Assert.StartsWith("10.244.1.", status.PodIp);
        Assert.Equal("192.0.2.1", status.HostIp);
        var container = Assert.Single(status.ContainerStatuses);
        Assert.NotNull(container.State.Running);
        Assert.Equal(0, container.RestartCount);
        Assert.StartsWith("docker.io/test/busybox@sha256:", container.ImageId);
        Assert.Equal("hello\n", (await agent.LogsAsync(pod)).Text);
    }

    [Fact]
    public async Task A_deleted_pod_is_asked_to_stop_and_then_nothing_of_it_is_left()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("trap 'echo bye; exit 0' TERM; while true; do sleep 0.1; done");
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");

        agent.Control.Delete(pod, graceSeconds: 20);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(pod), "removed");

        Assert.Equal(0, agent.Control.StatusOf(pod)!.ContainerStatuses[0].State.Terminated?.ExitCode);
        Leftovers.AssertNone(agent, pod);
    }

    [Fact]
    public async Task A_pod_that_waits_for_its_image_starts_as_soon_as_it_is_imported()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("exec sleep 1000", container => container with { Image = "localhost:1/late:1" });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.ContainerStatuses is [{ State.Waiting.Reason: "ErrImagePull" or "ImagePullBackOff" }], "the failed pull");

        using TemporaryDirectory directory = new();
        ImageBuilder.Busybox().WriteLayout(directory["layout"]);
        await agent.ImportAsync(directory["layout"], "localhost:1/late:1");
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");
    }

    [Fact]
    public async Task A_pod_that_ignores_the_signal_is_killed_when_its_grace_ends()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("trap '' TERM; while true; do sleep 0.1; done");
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");

        agent.Control.Delete(pod, graceSeconds: 1);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(pod), "removed");

        Assert.Equal(137, agent.Control.StatusOf(pod)!.ContainerStatuses[0].State.Terminated?.ExitCode);
        Assert.Equal(9, agent.Control.StatusOf(pod)!.ContainerStatuses[0].State.Terminated?.Signal);
    }

    [Fact]
    public async Task A_restarted_agent_finds_its_containers_running_with_the_same_pids()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("echo one; exec sleep 1000");
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Conditions.IsTrue(PodConditions.Ready), "ready");
        var before = Leftovers.ProcessesOf(agent);

        await agent.StopAsync();
        Assert.Equal(before, Leftovers.ProcessesOf(agent));
        agent.Start();
        var after = await agent.Control.UntilAsync(pod, s => s.Conditions.IsTrue(PodConditions.Ready), "ready again");

        Assert.Equal(before, Leftovers.ProcessesOf(agent));
        Assert.Equal(0, after.ContainerStatuses[0].RestartCount);
        Assert.Equal("one\n", (await agent.LogsAsync(pod)).Text);
    }

    [Fact]
    public async Task A_container_that_ends_while_no_agent_runs_is_started_again_by_the_next_one()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("exec sleep 1000");
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");
        var before = Leftovers.ProcessesOf(agent);
        await agent.StopAsync();
        await Given.RunAsync(["kill", "-9", .. before.Select(pid => pid.ToString())]);
        await Eventually.HoldsAsync(() => Leftovers.ProcessesOf(agent).Length == 0, "dead");

        agent.Start();
        var after = await agent.Control.UntilAsync(pod, s => s.ContainerStatuses[0].RestartCount == 1 && s.ContainerStatuses[0].State.Running is not null, "restarted");

        Assert.Equal(137, after.ContainerStatuses[0].LastState.Terminated?.ExitCode);
    }

    [Fact]
    public async Task A_crashing_container_is_started_again_and_then_backs_off()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("echo crash; exit 3");
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.ContainerStatuses[0].State.Waiting?.Reason == "CrashLoopBackOff", "backing off");

        Assert.Equal(1, status.ContainerStatuses[0].RestartCount);
        Assert.Equal(3, status.ContainerStatuses[0].LastState.Terminated?.ExitCode);
        Assert.Equal("Error", status.ContainerStatuses[0].LastState.Terminated?.Reason);
        Assert.Equal("crash\n", (await agent.LogsAsync(pod, r => r.Previous = true)).Text);
    }

    [Fact]
    public async Task A_job_like_pod_succeeds_and_gives_its_address_back()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("echo done", spec: s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded, "succeeded");

        Assert.Equal("Completed", status.ContainerStatuses[0].State.Terminated?.Reason);
        await Eventually.HoldsAsync(() => Leftovers.AddressesOf(agent).Length == 0, "address freed");
        Assert.Equal("done\n", (await agent.LogsAsync(pod)).Text);
    }

    [Fact]
    public async Task Init_containers_run_one_after_the_other_before_the_rest()
    {
        await using var agent = await RunningAgent.StartAsync();
        Container Step(string name) => new()
        {
            Name = name,
            Image = RunningAgent.Busybox,
            Command = ["/bin/sh", "-c", $"echo {name} >> /work/log"],
            VolumeMounts = [new VolumeMount { Name = "work", MountPath = "/work" }],
        };
        var pod = RunningAgent.Shell("cat /work/log; exec sleep 1000",
            c => c with { VolumeMounts = [new VolumeMount { Name = "work", MountPath = "/work" }] },
            s => s with { InitContainers = [Step("first"), Step("second")], Volumes = [new Volume { Name = "work", EmptyDir = new EmptyDirVolume() }] });
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.Conditions.IsTrue(PodConditions.Ready), "ready");

        Assert.All(status.InitContainerStatuses, init => Assert.Equal("Completed", init.State.Terminated?.Reason));
        Assert.Equal("first\nsecond\n", (await agent.LogsAsync(pod)).Text);
    }

    [Fact]
    public async Task A_failing_readiness_probe_takes_readiness_away_and_gives_it_back()
    {
        await using var agent = await RunningAgent.StartAsync();
        Probe probe = new() { HttpGet = new HttpGetAction { Path = "/ok", Port = "web" }, PeriodSeconds = 1, FailureThreshold = 1 };
        var pod = RunningAgent.Shell("mkdir /tmp/w; touch /tmp/w/ok; (sleep 3; rm /tmp/w/ok; sleep 3; touch /tmp/w/ok) & exec httpd -f -p 8080 -h /tmp/w".Replace("mkdir", "busybox mkdir").Replace("rm /", "busybox rm /"),
            c => c with { ReadinessProbe = probe, Ports = [new ContainerPort { Name = "web", Port = 8080 }] });
        agent.Control.Want(pod);

        await agent.Control.UntilAsync(pod, s => s.Conditions.IsTrue(PodConditions.Ready), "ready");
        var unready = await agent.Control.UntilAsync(pod, s => !s.Conditions.IsTrue(PodConditions.Ready), "unready");
        await agent.Control.UntilAsync(pod, s => s.Conditions.IsTrue(PodConditions.Ready), "ready again");

        Assert.Equal(0, unready.ContainerStatuses[0].RestartCount);
    }

    [Fact]
    public async Task A_failing_liveness_probe_restarts_the_container()
    {
        await using var agent = await RunningAgent.StartAsync();
        Probe probe = new() { Exec = new ExecAction { Command = ["/bin/sh", "-c", "echo not alive; exit 1"] }, PeriodSeconds = 1, FailureThreshold = 2, TimeoutSeconds = 5 };
        var pod = RunningAgent.Shell("trap 'exit 0' TERM; while true; do sleep 0.1; done", c => c with { LivenessProbe = probe });
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.ContainerStatuses[0].RestartCount >= 1, "restarted");

        Assert.Contains("liveness probe failed: exit status 1: not alive", status.ContainerStatuses[0].LastState.Terminated?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_is_nowhere_is_named_with_node_and_cause()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("true", c => c with { Image = "127.0.0.1:9/web:1" });
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.ContainerStatuses[0].State.Waiting?.Reason == "ErrImagePull", "told");
        await agent.Control.UntilAsync(pod, s => s.ContainerStatuses[0].State.Waiting?.Reason == "ImagePullBackOff", "backing off");

        Assert.Equal(PodPhase.Pending, status.Phase);
        Assert.StartsWith("node n1: image 127.0.0.1:9/web:1: registry 127.0.0.1:9 can't be reached", status.ContainerStatuses[0].State.Waiting?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_followed_log_shows_new_lines_and_ends_with_its_container()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("for i in 1 2 3 4 5; do echo line $i; sleep 0.3; done", spec: s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");

        var (text, error) = await agent.LogsAsync(pod, r => r.Follow = true);

        Assert.Equal("", error);
        Assert.Equal("line 1\nline 2\nline 3\nline 4\nline 5\n", text);
    }

    [Fact]
    public async Task Pods_of_one_node_reach_each_other()
    {
        await using var agent = await RunningAgent.StartAsync();
        var server = RunningAgent.Shell("echo works > /tmp/index.html; exec httpd -f -p 80 -h /tmp");
        agent.Control.Want(server);
        var status = await agent.Control.UntilAsync(server, s => s.Conditions.IsTrue(PodConditions.Ready), "ready");
        var client = RunningAgent.Shell($"until wget -q -O - http://{status.PodIp}/; do sleep 0.2; done", spec: s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(client);

        await agent.Control.UntilAsync(client, s => s.Phase == PodPhase.Succeeded, "answered");

        Assert.Contains("works", (await agent.LogsAsync(client)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Cleaning_up_leaves_nothing_behind()
    {
        var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("exec sleep 1000");
        await using (agent)
        {
            agent.Control.Want(pod);
            await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Running, "running");
            await agent.StopAsync();
            await NodeAgent.Pods.CleanUp.RunAsync(agent.Options, keepData: false, CancellationToken.None);

            Leftovers.AssertNone(agent, pod);
            Assert.False(Directory.Exists(agent.Options.DataDirectory));
            Assert.False(Directory.Exists(agent.Options.RunDirectory));
            Assert.DoesNotContain("orch0", await agent.Host.RunAsync("ip", "link"), StringComparison.Ordinal);
            Assert.DoesNotContain("10.244", await agent.Host.RunAsync("ip", "route"), StringComparison.Ordinal);
            Assert.DoesNotContain("orch_nat", await agent.Host.RunAsync("nft", "list", "ruleset"), StringComparison.Ordinal);
        }
    }
}
