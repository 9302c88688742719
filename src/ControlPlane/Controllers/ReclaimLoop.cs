using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;
using Orchestrator.Reconcile.Volumes;

namespace Orchestrator.ControlPlane.Controllers;

/// <summary>Has nodes take away the directories of volumes that go, and then the volumes; a node that is away is asked again.</summary>
sealed partial class ReclaimLoop(ClusterStore store, NodeCalls calls, TimeProvider clock, ILogger<ReclaimLoop> log)
{
    const string Author = "volume reclaim";
    static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    /// <summary>A directory of many files takes its time, and is a directory less for it even when nobody waits any more.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        var refused = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        while (true)
        {
            var state = store.Current;
            var now = clock.GetUtcNow();
            var due = Reclaim.Due(state);
            foreach (var gone in refused.Keys.Except(due.Select(each => each.Volume.Name)).ToList()) refused.Remove(gone);
            foreach (var each in due.Where(each => !refused.TryGetValue(each.Volume.Name, out var since) || now - since >= Again))
            {
                if (await TryDiscardAsync(each, writer, token)) refused.Remove(each.Volume.Name);
                else refused[each.Volume.Name] = now;
            }

            using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
            if (refused.Count > 0) limit.CancelAfter(Again);
            try
            {
                await store.ChangeAsync(state.Revision, static change => change.Key.Kind is PersistentVolume.KindName or Pod.KindName, limit.Token);
            }
            catch (OperationCanceledException) when (!token.IsCancellationRequested)
            {
                // Time to ask again.
            }
        }
    }

    async Task<bool> TryDiscardAsync(ReclaimedVolume each, LeaderWriter writer, CancellationToken token)
    {
        try
        {
            if (each.Node is { } node) await DiscardAsync(node, each.Volume, token);
            return await writer.WriteAsync([new Expect(each.Volume.Key, each.Volume.Metadata.Revision()), new Delete(each.Volume.Key)], Author, token) is Applied;
        }
        catch (Exception failure) when (failure is RpcException or StoreUnavailableException || (failure is OperationCanceledException && !token.IsCancellationRequested))
        {
            Stays(each.Volume.Name, each.Node, (failure as RpcException)?.Status.Detail ?? failure.Message);
            return false;
        }
    }

    async Task DiscardAsync(string node, PersistentVolume volume, CancellationToken token)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(Patience);
        await using var call = await calls.StartAsync(node, new Call { DiscardVolume = new DiscardVolume { Name = volume.Name, Namespace = volume.Spec.ClaimRef?.Namespace ?? "", Claim = volume.Spec.ClaimRef?.Name ?? "" } }, limit.Token);
        await foreach (var _ in call.ReadAsync(limit.Token))
        {
            // The end is all there is to hear.
        }
    }

    [LoggerMessage(EventIds.VolumeStays, LogLevel.Warning, "Volume {Volume} can't be taken away from node {Node} yet: {Why}")]
    partial void Stays(string volume, string? node, string why);
}
