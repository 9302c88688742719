using Microsoft.Extensions.Hosting;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Security;

/// <summary>Keeps the gate told of who was removed.</summary>
sealed class GateWatch(Gate gate, ClusterStore store) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await gate.FollowAsync(store, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }
}
