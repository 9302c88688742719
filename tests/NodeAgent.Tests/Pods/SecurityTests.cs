using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>
/// What a container is given, as its own /proc tells it.
/// </summary>
public sealed class SecurityTests
{
    [Fact]
    public async Task A_container_has_what_it_needs_and_no_more()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("cat /proc/self/status; hostname; echo [$(cat /proc/kcore | busybox wc -c)]; touch /proc/sys/kernel/x; id -u",
            spec: s => s with { RestartPolicy = RestartPolicy.Never, Hostname = "my-host" });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded, "succeeded");

        var text = (await agent.LogsAsync(pod)).Text;

        // Podman's eleven, bits 0 1 3-8 10 18 31 (capabilities(7)).
        Assert.Contains("CapEff:\t00000000800405fb", text, StringComparison.Ordinal);
        Assert.Contains("CapInh:\t0000000000000000", text, StringComparison.Ordinal);
        Assert.Contains("CapAmb:\t0000000000000000", text, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", text, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", text, StringComparison.Ordinal);
        Assert.Contains("my-host\n", text, StringComparison.Ordinal);
        Assert.Contains("[0]\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_asks_for_nothing_is_the_first_to_go_when_memory_runs_out()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("cat /proc/self/oom_score_adj", spec: s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(pod);
        var status = await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded, "succeeded");
        Assert.Equal("1000\n", (await agent.LogsAsync(pod)).Text);
        Assert.Equal(QosClass.BestEffort, status.QosClass);
    }

    [Fact]
    public async Task A_pod_that_is_given_all_it_asks_for_runs_where_its_agent_may_not_lower_scores()
    {
        await using var agent = await RunningAgent.StartAsync();
        var limits = new Dictionary<string, Model.Values.Quantity> { ["cpu"] = Model.Values.Quantity.Parse("100m"), ["memory"] = Model.Values.Quantity.Parse("32Mi") };
        var pod = RunningAgent.Shell("cat /proc/self/oom_score_adj", c => c with { Resources = new ResourceRequirements { Limits = limits } }, s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(pod);
        var status = await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded, "succeeded");
        Assert.InRange(int.Parse((await agent.LogsAsync(pod)).Text, System.Globalization.CultureInfo.InvariantCulture), -997, 0);
        Assert.Equal(QosClass.Guaranteed, status.QosClass);
    }

    [Fact]
    public async Task The_user_of_the_pod_and_a_read_only_root_are_kept_to()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("id -u; grep Groups /proc/self/status; touch /file || echo read-only; touch /tmp/x || echo tmp too",
            c => c with { SecurityContext = new SecurityContext { RunAsUser = 1000, ReadOnlyRootFilesystem = true, RunAsNonRoot = true } },
            s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Succeeded, "succeeded");

        var text = (await agent.LogsAsync(pod)).Text;

        Assert.StartsWith("1000\n", text, StringComparison.Ordinal);
        // 1000 is its own group, 50 what the image lists for the user.
        Assert.Contains("Groups:\t50 1000 \n", text, StringComparison.Ordinal);
        Assert.Contains("read-only", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pod_that_must_not_be_root_is_not_started_as_root()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("true", c => c with { SecurityContext = new SecurityContext { RunAsNonRoot = true } });
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.ContainerStatuses[0].State.Waiting?.Reason == "CreateContainerError", "refused");

        Assert.Contains("runAsNonRoot is set", status.ContainerStatuses[0].State.Waiting?.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_container_over_its_memory_is_ended_and_says_so()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("a=x; while true; do a=$a$a; done",
            c => c with { Resources = new ResourceRequirements { Limits = new Dictionary<string, Model.Values.Quantity> { ["memory"] = Model.Values.Quantity.Parse("16Mi") } } },
            s => s with { RestartPolicy = RestartPolicy.Never });
        agent.Control.Want(pod);

        var status = await agent.Control.UntilAsync(pod, s => s.Phase == PodPhase.Failed, "failed");

        Assert.Equal("OOMKilled", status.ContainerStatuses[0].State.Terminated?.Reason);
    }
}
