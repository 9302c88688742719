using Orchestrator.Model.Pods;
using Orchestrator.Model.Storage;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Tables;

/// <summary>What a list shows of claims and volumes.</summary>
static class StorageColumns
{
    public static readonly Column ClaimStatus = new("STATUS", static (resource, _) => resource is PersistentVolumeClaim { Status.Phase: var phase } claim && !claim.IsBeingDeleted() ? phase.ToString() : "Terminating");

    public static readonly Column ClaimVolume = new("VOLUME", static (resource, _) => ((PersistentVolumeClaim)resource).Spec.VolumeName ?? "");

    public static readonly Column ClaimCapacity = new("CAPACITY", static (resource, _) => Storage(((PersistentVolumeClaim)resource).Status.Capacity));

    public static readonly Column ClaimModes = new("ACCESS MODES", static (resource, _) => Modes(((PersistentVolumeClaim)resource).Spec.AccessModes));

    public static readonly Column ClaimNode = new("NODE", static (resource, _) => ((PersistentVolumeClaim)resource).NodeName() ?? "<none>");

    public static readonly Column VolumeCapacity = new("CAPACITY", static (resource, _) => Storage(((PersistentVolume)resource).Spec.Capacity));

    public static readonly Column VolumeModes = new("ACCESS MODES", static (resource, _) => Modes(((PersistentVolume)resource).Spec.AccessModes));

    public static readonly Column VolumePolicy = new("RECLAIM POLICY", static (resource, _) => ((PersistentVolume)resource).Spec.PersistentVolumeReclaimPolicy.ToString());

    public static readonly Column VolumeStatus = new("STATUS", static (resource, _) => ((PersistentVolume)resource).Status.Phase.ToString());

    public static readonly Column VolumeClaim = new("CLAIM", static (resource, _) => ((PersistentVolume)resource).Spec.ClaimRef is { } claim ? $"{claim.Namespace}/{claim.Name}" : "");

    public static readonly Column ClassProvisioner = new("PROVISIONER", static (resource, _) => ((StorageClass)resource).Provisioner);

    public static readonly Column ClassPolicy = new("RECLAIMPOLICY", static (resource, _) => ((StorageClass)resource).ReclaimPolicy.ToString());

    public static readonly Column ClassBinding = new("VOLUMEBINDINGMODE", static (resource, _) => ((StorageClass)resource).VolumeBindingMode.ToString());

    static string Storage(IReadOnlyDictionary<string, Quantity> amounts) => amounts.TryGetValue(ResourceNames.Storage, out var amount) ? amount.ToString() : "";

    // As kubectl abbreviates them.
    static string Modes(IReadOnlyList<AccessMode> modes) => string.Join(',', modes.Select(mode => mode switch
    {
        AccessMode.ReadWriteOnce => "RWO",
        AccessMode.ReadOnlyMany => "ROX",
        AccessMode.ReadWriteMany => "RWX",
        AccessMode.ReadWriteOncePod => "RWOP",
    }));
}
