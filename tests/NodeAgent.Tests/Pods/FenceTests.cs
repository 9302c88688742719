using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>What must run at most once in the cluster ends with the node's lease, whatever becomes of the agent; everything else goes on.</summary>
public sealed class FenceTests
{
    [Fact]
    public async Task A_node_that_is_cut_off_stops_what_must_run_at_most_once_and_starts_it_when_its_lease_is_renewed()
    {
        await using var agent = await RunningAgent.StartAsync();
        var (numbered, other) = await BothAsync(agent);
        agent.Control.AnswersBeats = false;
        await Eventually.HoldsAsync(() => ProcessesOf(agent, numbered) == 0, "the end of the numbered pod");
        Assert.Equal(1, ProcessesOf(agent, other));

        agent.Control.AnswersBeats = true;
        await agent.Control.UntilAsync(numbered, s => s.ContainerStatuses is [{ RestartCount: 1, Ready: true }], "running again");
        Assert.Equal(0, agent.Control.StatusOf(other)!.ContainerStatuses[0].RestartCount);
    }

    [Fact]
    public async Task An_agent_that_is_gone_takes_with_it_what_must_run_at_most_once()
    {
        await using var agent = await RunningAgent.StartAsync();
        var (numbered, other) = await BothAsync(agent);
        await agent.StopAsync();
        await Eventually.HoldsAsync(() => ProcessesOf(agent, numbered) == 0, "the end of the numbered pod");
        Assert.Equal(1, ProcessesOf(agent, other));
    }

    [Fact]
    public async Task A_restart_of_the_agent_within_the_lease_leaves_it_running()
    {
        await using var agent = await RunningAgent.StartAsync();
        var (numbered, _) = await BothAsync(agent);
        var before = Leftovers.ProcessesOf(agent);
        await agent.StopAsync();
        agent.Start();
        await agent.Control.UntilAsync(numbered, s => s.ContainerStatuses is [{ Ready: true, RestartCount: 0 }], "ready");
        Assert.Equal(before, Leftovers.ProcessesOf(agent));
    }

    static async Task<(Pod Numbered, Pod Other)> BothAsync(RunningAgent agent)
    {
        var numbered = RunningAgent.Shell("exec sleep 1000");
        numbered = numbered with
        {
            Metadata = numbered.Metadata with { OwnerReferences = [new OwnerReference { ApiVersion = "apps/v1", Kind = "StatefulSet", Name = "db", Uid = "u", Controller = true }] },
        };
        var other = RunningAgent.Shell("exec sleep 1000");
        agent.Control.Want(numbered);
        agent.Control.Want(other);
        await agent.Control.UntilAsync(numbered, s => s.ContainerStatuses is [{ Ready: true }], "ready");
        await agent.Control.UntilAsync(other, s => s.ContainerStatuses is [{ Ready: true }], "ready");
        Assert.Equal(1, ProcessesOf(agent, numbered));
        return (numbered, other);
    }

    static int ProcessesOf(RunningAgent agent, Pod pod) => NodeAgent.Pods.PodCgroups.Processes($"{agent.Options.CgroupRoot}/{pod.Metadata.Uid}").Count;
}
