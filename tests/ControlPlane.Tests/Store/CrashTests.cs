namespace Orchestrator.ControlPlane.Tests.Store;

public sealed class CrashTests
{
    [Fact]
    public async Task What_two_of_three_acknowledged_survives_when_all_are_killed_and_the_leader_comes_back_last()
    {
        for (var round = 0; round < 2; round++)
        {
            var outcome = await CrashSchedule.RunAsync("durable");
            Assert.InRange(outcome.Acknowledged, 40, int.MaxValue);
            Assert.Empty(outcome.Lost);
            Assert.False(outcome.Diverged);
        }
    }
}
