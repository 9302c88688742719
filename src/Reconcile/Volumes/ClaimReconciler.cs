using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Storage;

namespace Orchestrator.Reconcile.Volumes;

/// <summary>
/// Gives a claim its volume on the node of the first pod that uses it, lets one go that is to go when no pod uses it any more, and tells volumes from claims that are gone. Source:
/// Kubernetes, "Volume Binding Mode" (WaitForFirstConsumer) and "Storage Object in Use Protection".
/// </summary>
public static class ClaimReconciler
{
    internal const string Hostname = "kubernetes.io/hostname";

    public static Plan Reconcile(ClusterState state, PersistentVolumeClaim claim)
    {
        if (claim.IsBeingDeleted()) return claim.IsInUse(state) ? Plan.Nothing : new Plan([new Delete(claim.Key, claim.Metadata.Uid)], "goes, as no pod uses it any more");
        if (claim.Spec.VolumeName is { } name)
        {
            var phase = state.Find<PersistentVolume>(PersistentVolume.KindName, "", name) is null ? ClaimPhase.Lost : ClaimPhase.Bound;
            return claim.Status.Phase == phase ? Plan.Nothing : new Plan([Observed(claim, phase)], phase == ClaimPhase.Bound ? $"bound to {name}" : $"its volume {name} is gone");
        }

        if (FirstUser(state, claim)?.Spec.NodeName is not { } node) return Plan.Nothing;
        var volume = VolumeOf(state, claim, node);
        var bound = claim with
        {
            Metadata = claim.Metadata with { Annotations = new Dictionary<string, string>(claim.Metadata.Annotations) { [PersistentVolumeClaim.NodeAnnotation] = node } },
            Spec = claim.Spec with { VolumeName = volume.Name },
        };
        return new Plan([new Create(volume), new Update(bound)], $"gets {volume.Name} on {node}");
    }

    /// <summary>The volumes whose claims are gone.</summary>
    public static Plan Release(ClusterState state)
    {
        var released = state.All<PersistentVolume>(PersistentVolume.KindName)
            .Where(volume => volume.Status.Phase == VolumePhase.Bound && volume.Spec.ClaimRef is { } claim
                && state.Find<PersistentVolumeClaim>(PersistentVolumeClaim.KindName, claim.Namespace, claim.Name)?.Metadata.Uid != claim.Uid)
            .ToList();
        return released.Count == 0
            ? Plan.Nothing
            : new Plan([.. released.Select(volume => new UpdateStatus(volume with { Status = new PersistentVolumeStatus { Phase = VolumePhase.Released } }))],
                $"released: {string.Join(", ", released.Select(volume => volume.Name))}");
    }

    static Pod? FirstUser(ClusterState state, PersistentVolumeClaim claim) => state.In<Pod>(Pod.KindName, claim.Namespace)
        .Where(pod => pod.Spec.NodeName is not null && !pod.IsTerminal() && pod.Spec.Claims(pod.Namespace).Contains(claim.Key))
        .OrderBy(pod => pod.Metadata.CreationTimestamp).ThenBy(pod => pod.Name, StringComparer.Ordinal).FirstOrDefault();

    static UpdateStatus Observed(PersistentVolumeClaim claim, ClaimPhase phase) =>
        new(claim with { Status = new PersistentVolumeClaimStatus { Phase = phase, Capacity = claim.Spec.Resources.Requests } });

    static PersistentVolume VolumeOf(ClusterState state, PersistentVolumeClaim claim, string node) => new()
    {
        Metadata = new() { Name = $"pvc-{claim.Metadata.Uid}" },
        Spec = new PersistentVolumeSpec
        {
            Capacity = claim.Spec.Resources.Requests,
            AccessModes = claim.Spec.AccessModes,
            StorageClassName = claim.Spec.StorageClassName,
            PersistentVolumeReclaimPolicy = claim.Spec.StorageClassName is { } name && state.Find<StorageClass>(StorageClass.KindName, "", name) is { } named ? named.ReclaimPolicy : ReclaimPolicy.Retain,
            ClaimRef = new ClaimReference { Namespace = claim.Namespace, Name = claim.Name, Uid = claim.Metadata.Uid ?? "" },
            NodeAffinity = new VolumeNodeAffinity
            {
                Required = new NodeSelector { NodeSelectorTerms = [new NodeSelectorTerm { MatchExpressions = [new NodeSelectorRequirement { Key = Hostname, Operator = NodeSelectorOperator.In, Values = [node] }] }] },
            },
        },
    };
}
