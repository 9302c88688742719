using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Session;

public sealed class CallTests
{
    [Fact]
    public async Task A_thousand_calls_one_right_after_the_other_are_all_answered()
    {
        await using var agent = await RunningAgent.StartAsync();
        var pod = RunningAgent.Shell("echo hello; exec sleep 1000");
        agent.Control.Want(pod);
        await agent.Control.UntilAsync(pod, status => status.Conditions.IsTrue(PodConditions.Ready), "ready");
        for (var i = 0; i < 1000; i++) Assert.Equal(("hello\n", ""), await agent.LogsAsync(pod));
    }
}
