using Orchestrator.Model.Pods;
using Orchestrator.Model.Storage;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold of a volume of a pod.</summary>
static class VolumeValidation
{
    public static void Volume(Findings findings, string path, Volume volume)
    {
        Names.Label(findings, $"{path}.name", volume.Name);
        var sources = new object?[] { volume.EmptyDir, volume.HostPath, volume.ConfigMap, volume.Secret, volume.DownwardApi, volume.Projected, volume.PersistentVolumeClaim }.Count(each => each is not null);
        findings.Require(sources <= 1, path, "has more than one source; keep one");
        if (volume.HostPath is { } host) findings.Require(PodValidation.IsAbsolute(host.Path), $"{path}.hostPath.path", "must be an absolute path without ..");
        if (volume.EmptyDir is { } empty) findings.Require(empty.Medium is null or "" or "Memory", $"{path}.emptyDir.medium", "must be empty or Memory");
        if (volume.PersistentVolumeClaim is { } claim) Names.Subdomain(findings, $"{path}.persistentVolumeClaim.claimName", claim.ClaimName);
        if (volume.ConfigMap is { } map)
        {
            Mode(findings, $"{path}.configMap.defaultMode", map.DefaultMode);
            Items(findings, $"{path}.configMap", map.Items);
        }

        if (volume.Secret is { } secret)
        {
            Mode(findings, $"{path}.secret.defaultMode", secret.DefaultMode);
            Items(findings, $"{path}.secret", secret.Items);
        }

        if (volume.DownwardApi is { } downward)
        {
            Mode(findings, $"{path}.downwardAPI.defaultMode", downward.DefaultMode);
            Files(findings, $"{path}.downwardAPI", downward.Items);
        }

        if (volume.Projected is { } projected)
        {
            Mode(findings, $"{path}.projected.defaultMode", projected.DefaultMode);
            for (var i = 0; i < projected.Sources.Count; i++) Projection(findings, $"{path}.projected.sources[{i}]", projected.Sources[i]);
        }
    }

    public static void Claim(Findings findings, string path, PersistentVolumeClaimSpec spec)
    {
        findings.Require(spec.AccessModes.Count > 0, $"{path}.accessModes", "needs one, such as ReadWriteOnce");
        findings.Require(spec.Resources.Requests.TryGetValue(ResourceNames.Storage, out var amount) && amount.Value > 0, $"{path}.resources.requests.storage", "says how much, such as 1Gi");
    }

    public static void Class(Findings findings, StorageClass storageClass)
    {
        findings.Require(storageClass.Provisioner.Length > 0, "provisioner", "is required; all volumes are directories of a node here, so any word will do, such as orchestrator/local");
        findings.Require(storageClass.VolumeBindingMode == VolumeBindingMode.WaitForFirstConsumer, "volumeBindingMode", "must be WaitForFirstConsumer: a volume is a directory of the node of the first pod that uses it");
    }

    static void Projection(Findings findings, string path, VolumeProjection source)
    {
        PodActionValidation.OneOf(findings, path, ("configMap", source.ConfigMap), ("secret", source.Secret), ("downwardAPI", source.DownwardApi));
        if (source.ConfigMap is { } map) Items(findings, $"{path}.configMap", map.Items);
        if (source.Secret is { } secret) Items(findings, $"{path}.secret", secret.Items);
        if (source.DownwardApi is { } downward) Files(findings, $"{path}.downwardAPI", downward.Items);
    }

    static void Items(Findings findings, string path, IReadOnlyList<KeyToPath> items)
    {
        for (var i = 0; i < items.Count; i++)
        {
            findings.Require(IsInside(items[i].Path), $"{path}.items[{i}].path", "must be a path inside the volume, without ..");
            if (items[i].Mode is { } mode) Mode(findings, $"{path}.items[{i}].mode", mode);
        }

        findings.Unique(items, item => item.Path, i => $"{path}.items[{i}].path");
    }

    static void Files(Findings findings, string path, IReadOnlyList<DownwardApiFile> files)
    {
        for (var i = 0; i < files.Count; i++)
        {
            findings.Require(IsInside(files[i].Path), $"{path}.items[{i}].path", "must be a path inside the volume, without ..");
            PodActionValidation.OneOf(findings, $"{path}.items[{i}]", ("fieldRef", files[i].FieldRef), ("resourceFieldRef", files[i].ResourceFieldRef));
            EnvironmentValidation.Field(findings, $"{path}.items[{i}]", files[i].FieldRef, files[i].ResourceFieldRef);
            findings.Require(files[i].ResourceFieldRef is null || files[i].ResourceFieldRef!.ContainerName is not null, $"{path}.items[{i}].resourceFieldRef.containerName", "a file has to name the container"); // not null just before
            if (files[i].Mode is { } mode) Mode(findings, $"{path}.items[{i}].mode", mode);
        }

        findings.Unique(files, file => file.Path, i => $"{path}.items[{i}].path");
    }

    // What begins with two dots is how an update is put in place at once.
    static bool IsInside(string path) => PodValidation.IsRelative(path) && !path.StartsWith("..", StringComparison.Ordinal);

    static void Mode(Findings findings, string path, int mode) =>
        findings.Require(mode is >= 0 and <= FileModes.Most, path, "must be from 0 to 0777 (511 in decimal)");
}
