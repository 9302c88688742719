using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Tests.Store;
using Xunit.Abstractions;

namespace Orchestrator.Faults.Processes;

/// <summary>Three servers, one of which stops, hangs or meets a failing disk at each of the store's named places in turn, under clients and watchers.</summary>
[Collection(ProcessTests.Name)]
public sealed class FailpointTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("panic")]
    [InlineData("sleep")]
    [InlineData("error")]
    public async Task Nothing_is_lost_wherever_a_member_meets(string what)
    {
        await using var cluster = await StoreProcesses.StartAsync(snapshotEvery: 20);
        var trial = new Trial(cluster, output);
        var places = new Places(cluster, trial);
        await trial.RunAsync(async () =>
        {
            foreach (var place in Enum.GetValues<Failpoint>()) await places.RunAsync(place, what);
        });
    }
}
