using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;

namespace Orchestrator.Reconcile.Volumes;

/// <summary>A volume that is to go.</summary>
/// <param name="Node">Who has to take the directory away first; null when that node is no longer of the cluster.</param>
public sealed record ReclaimedVolume(PersistentVolume Volume, string? Node);

/// <summary>
/// Which released volumes go with what is in them: those whose policy says so, once no pod is left that may still write there. Source: Kubernetes, "Reclaiming".
/// </summary>
public static class Reclaim
{
    public static IReadOnlyList<ReclaimedVolume> Due(ClusterState state) =>
    [
        .. from volume in state.All<PersistentVolume>(PersistentVolume.KindName)
           where volume is { Status.Phase: VolumePhase.Released, Spec.PersistentVolumeReclaimPolicy: ReclaimPolicy.Delete } && !IsUsed(state, volume)
           let node = NodeOf(volume)
           select new ReclaimedVolume(volume, node is not null && state.Find<Node>(Node.KindName, "", node) is not null ? node : null),
    ];

    /// <summary>
    /// Whether a pod may have the volume of a claim that is gone. It keeps what its claim had when it began: one that is older than a claim of the same name has the volume of the claim before.
    /// </summary>
    /// <param name="claim">The claim that is gone.</param>
    /// <param name="next">When the claim was made that has its name now; null when there is none.</param>
    public static bool Uses(Pod pod, ResourceKey claim, DateTimeOffset? next) =>
        pod.Namespace == claim.Namespace && pod.Spec.Claims(pod.Namespace).Contains(claim) && (next is null || pod.Metadata.CreationTimestamp <= next);

    static bool IsUsed(ClusterState state, PersistentVolume volume)
    {
        if (volume.Spec.ClaimRef is not { } reference) return false;
        var claim = reference.Key;
        var next = state.Find<PersistentVolumeClaim>(claim.Kind, claim.Namespace, claim.Name)?.Metadata.CreationTimestamp;
        return state.In<Pod>(Pod.KindName, claim.Namespace).Any(pod => pod.Spec.NodeName is not null && Uses(pod, claim, next));
    }

    static string? NodeOf(PersistentVolume volume) =>
        volume.Spec.NodeAffinity?.Required?.NodeSelectorTerms.SelectMany(term => term.MatchExpressions).FirstOrDefault(each => each.Key == ClaimReconciler.Hostname)?.Values is [var node, ..] ? node : null;
}
