using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Acme;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Controllers;

/// <summary>Everything that decides for the cluster, run on the one server that leads, for as long as it leads.</summary>
sealed partial class LeaderLoops(
    ClusterStore store, ControllerLoop controllers, SchedulingLoop scheduling, AutoscalingLoop autoscaling, RotationLoop rotation, ReclaimLoop reclaim, CertificateLoop certificates, NodeMonitor monitor, TimeProvider clock, ILogger<LeaderLoops> log)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var claim = await store.ClaimLeadershipAsync(stoppingToken);
                Gained(claim.Epoch);
                await LeadAsync(claim, stoppingToken);
                Lost(claim.Epoch);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    async Task LeadAsync(LeaderClaim claim, CancellationToken stopping)
    {
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(claim.Lost, stopping);
        var writer = new LeaderWriter(store, claim, clock);
        var loops = new[]
        {
            PrepareAsync(writer, leading.Token), controllers.RunAsync(writer, leading.Token), scheduling.RunAsync(writer, leading.Token),
            autoscaling.RunAsync(writer, leading.Token), rotation.RunAsync(writer, leading.Token), reclaim.RunAsync(writer, leading.Token), certificates.RunAsync(writer, leading.Token), monitor.RunAsync(writer, leading.Token),
        };
        try
        {
            // A loop ends only by an error; then all start anew, under a new claim.
            await await Task.WhenAny(loops[1..]);
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LoopFailed(failure);
        }
        catch (OperationCanceledException) when (leading.IsCancellationRequested)
        {
            // The leadership is over.
        }

        await leading.CancelAsync();
        await Task.WhenAll(loops.Select(loop => loop.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)));
    }

    /// <summary>What every cluster has from its first minute.</summary>
    async Task PrepareAsync(LeaderWriter writer, CancellationToken token)
    {
        if (store.Current.Find<Namespace>(Namespace.KindName, "", Namespace.Default) is not null) return;
        var first = new Namespace { Metadata = new ObjectMeta { Name = Namespace.Default, Uid = Guid.NewGuid().ToString() }, Status = new NamespaceStatus { Phase = "Active" } };
        await writer.WriteAsync([new Create(first)], "bootstrap", token);
    }

    [LoggerMessage(EventIds.LeadershipGained, LogLevel.Information, "This server leads from revision {Epoch} on")]
    partial void Gained(long epoch);

    [LoggerMessage(EventIds.LeadershipLost, LogLevel.Information, "This server no longer leads (since revision {Epoch})")]
    partial void Lost(long epoch);

    [LoggerMessage(EventIds.LeaderLoopFailed, LogLevel.Error, "A loop of the leader failed; all of them start anew")]
    partial void LoopFailed(Exception failure);
}
