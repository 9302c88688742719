using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Storage;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.Reconcile.Volumes;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>Ends a volume whose claim is gone, unless a pod of that claim is still here: a node that was cut off may have one that the cluster has given up.</summary>
sealed class VolumeDiscard(AgentPods pods, ContentStore contents, VolumeStore volumes)
{
    /// <exception cref="InvalidOperationException">A pod has it.</exception>
    /// <exception cref="IOException">It can't be taken away.</exception>
    public Task ServeAsync(DiscardVolume request, CancellationToken cancel) => Task.Run(() =>
    {
        ResourceKey claim = new(PersistentVolumeClaim.KindName, request.Namespace, request.Claim);
        if (pods.All().FirstOrDefault(runner => Reclaim.Uses(runner.Pod, claim, contents.ClaimMade(claim))) is { } user)
            throw new InvalidOperationException($"volume {request.Name} is in use by pod {user.Pod.Namespace}/{user.Pod.Name}");
        volumes.Discard(request.Name);
    }, cancel);
}
