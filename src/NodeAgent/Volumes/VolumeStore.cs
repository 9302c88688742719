using System.Globalization;
using System.Runtime.InteropServices;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>
/// The directories a pod's containers mount: made before the first container, gone with the pod.
/// </summary>
sealed class VolumeStore(string directory, string claims)
{
    const string Memory = "Memory";
    const string Parts = ".subpaths"; // no volume's name begins with a dot
    // As Kubernetes has it: containers of different users share it.
    const UnixFileMode Everyone = (UnixFileMode)0x1FF;

    readonly string _directory = PrivateDirectory.Make(directory);
    readonly string _claims = PrivateDirectory.Make(claims);

    /// <exception cref="IOException">A path of the node is not what the volume says it must be.</exception>
    /// <exception cref="MissingContentException">A ConfigMap or Secret, or a key of one, is not there.</exception>
    public void Make(PodContent content, string podUid)
    {
        var pod = content.Pod;
        foreach (var volume in pod.Spec.Volumes)
        {
            var path = PathOf(podUid, volume.Name);
            if (volume.EmptyDir is { } empty)
                MakeEmpty(path, empty, GroupOf(pod));
            else if (volume.HostPath is { } host)
                HostPaths.Check(host, volume.Name);
            else if (volume.PersistentVolumeClaim is { } claim)
                MakeDirectory(ClaimPath(content, claim), GroupOf(pod));
            else if (PodContent.IsIn(volume))
                Show(content, volume, path);
            else
                throw new NotSupportedException($"volume {volume.Name} is of a kind this version does not have");
        }
    }

    /// <summary>Brings the files that come from elsewhere up to date.</summary>
    /// <exception cref="MissingContentException">A ConfigMap or Secret, or a key of one, is not there; the files stay as they were.</exception>
    public void Refresh(PodContent content, string podUid)
    {
        foreach (var volume in content.Pod.Spec.Volumes.Where(PodContent.IsIn))
            Show(content, volume, PathOf(podUid, volume.Name));
    }

    /// <summary>The mounts of one container.</summary>
    /// <exception cref="IOException">A subPath is not there.</exception>
    /// <exception cref="MissingContentException">A claim has no volume here.</exception>
    public IReadOnlyList<ContainerMount> MountsOf(PodContent content, Container container, string podUid)
    {
        var pod = content.Pod;
        List<ContainerMount> mounts = [];
        for (var i = 0; i < container.VolumeMounts.Count; i++)
        {
            var mount = container.VolumeMounts[i];
            var volume = pod.Spec.Volumes.FirstOrDefault(volume => volume.Name == mount.Name)
                ?? throw new InvalidOperationException($"container {container.Name} mounts volume {mount.Name}, which the pod does not have");
            var source = volume.PersistentVolumeClaim is { } claim ? ClaimPath(content, claim) : volume.HostPath?.Path ?? PathOf(podUid, volume.Name);
            var isContent = PodContent.IsIn(volume);
            var isReadOnly = mount.ReadOnly || isContent || volume.PersistentVolumeClaim?.ReadOnly == true;
            if (mount.SubPath is { Length: > 0 } part)
            {
                var place = Path.Combine(_directory, podUid, Parts, string.Create(CultureInfo.InvariantCulture, $"{container.Name}-{i}"));
                source = SubPaths.Bind(source, part, place, canMake: !isReadOnly);
            }

            mounts.Add(new ContainerMount(source, mount.MountPath, isReadOnly));
        }

        return mounts;
    }

    /// <summary>Where a pod's own volumes are on the disk.</summary>
    public string PlaceOf(string podUid) => Path.Combine(_directory, podUid);

    /// <summary>Where an empty directory on the disk is that may not grow without end, and how many bytes it may take.</summary>
    public IEnumerable<(string Volume, string Path, long Limit)> Bounded(Pod pod, string podUid) =>
        from volume in pod.Spec.Volumes
        where volume.EmptyDir is { SizeLimit: not null } empty && empty.Medium != Memory
        select (volume.Name, PathOf(podUid, volume.Name), volume.EmptyDir!.SizeLimit!.Value.Units); // asked for in the line above

    /// <summary>Takes the pod's volumes away. Paths of the node stay, of course, and so do those of claims.</summary>
    public void Remove(string podUid)
    {
        var pods = Path.Combine(_directory, podUid);
        foreach (var mount in MountTable.Below(pods))
            Mounts.Detach(mount);
        if (Directory.Exists(pods))
            Directory.Delete(pods, recursive: true);
    }

    /// <summary>Takes a claim's directory away, with all that is in it; one that is not there is gone already.</summary>
    /// <exception cref="ArgumentException">The name is none of a volume.</exception>
    public void Discard(string volume)
    {
        if (!PodPlaces.IsSafe(volume))
            throw new ArgumentException($"\"{volume}\" is no volume's name");
        var path = Path.Combine(_claims, volume);
        if (Directory.Exists(path))
            Directory.Delete(path, recursive: true);
    }

    static void Show(PodContent content, Volume volume, string path)
    {
        var files = content.FilesOf(volume);
        MakeDirectory(path, null);
        if (PodContent.IsSecret(volume) && !MountTable.IsMountPoint(path))
            MountMemory(path, "mode=0755");
        ContentDirectory.Write(path, files, GroupOf(content.Pod));
    }

    static void MakeEmpty(string path, EmptyDirVolume volume, uint? group)
    {
        if (Directory.Exists(path) && (volume.Medium != Memory || MountTable.IsMountPoint(path)))
            return;
        MakeDirectory(path, null);
        if (volume.Medium == Memory)
            MountMemory(path, volume.SizeLimit is { } size ? $"mode=1777,size={size.Units}" : "mode=1777");
        if (group is { } gid)
            Ownership.Give(path, gid);
    }

    static void MakeDirectory(string path, uint? group)
    {
        PrivateDirectory.Make(Path.GetDirectoryName(path)!); // a path of ours has a parent
        if (!Directory.Exists(path))
        {
            Directory.CreateDirectory(path);
            File.SetUnixFileMode(path, Everyone);
        }

        if (group is { } gid)
            Ownership.Give(path, gid);
    }

    static void MountMemory(string path, string options)
    {
        if (Libc.Mount("tmpfs", path, "tmpfs", Libc.MsNosuid | Libc.MsNodev, options) != 0)
            throw new SyscallException("mount", Marshal.GetLastPInvokeError(), $"tmpfs at {path}");
    }

    static uint? GroupOf(Pod pod) => pod.Spec.SecurityContext?.FsGroup is { } group ? checked((uint)group) : null;

    string ClaimPath(PodContent content, ClaimVolume claim) => Path.Combine(_claims, content.VolumeOf(claim));

    string PathOf(string podUid, string volume) => Path.Combine(_directory, podUid, volume);
}
