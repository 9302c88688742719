using Orchestrator.NodeAgent.Session;

namespace Orchestrator.NodeAgent.Tests.Session;

public sealed class SilenceTests
{
    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(30)]
    public void A_silent_server_and_the_way_to_another_one_cost_less_than_the_lease(int leaseSeconds)
    {
        var lease = TimeSpan.FromSeconds(leaseSeconds);
        Assert.True(ControlPlaneSession.Silence(lease) + ControlPlaneSession.FirstRetry + ControlPlaneSession.ConnectTimeout < lease);
    }
}
