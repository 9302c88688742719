using System.Runtime.InteropServices;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>
/// The directories a pod's containers mount: made before the first container, gone with the pod.
/// </summary>
sealed class VolumeStore(string directory)
{
    const string Memory = "Memory";
    // As Kubernetes has it: containers of different users share it.
    const UnixFileMode Everyone = (UnixFileMode)0x1FF;

    readonly string _directory = PrivateDirectory.Make(directory);

    /// <exception cref="IOException">A path of the node is not what the volume says it must be.</exception>
    public void Make(Pod pod, string podUid)
    {
        foreach (var volume in pod.Spec.Volumes)
        {
            if (volume.EmptyDir is { } empty)
                MakeEmpty(PathOf(podUid, volume.Name), empty);
            else if (volume.HostPath is { } host)
                HostPaths.Check(host, volume.Name);
            else
                throw new NotSupportedException($"volume {volume.Name} is of a kind this version does not have");
        }
    }

    /// <summary>The mounts of one container.</summary>
    public IReadOnlyList<ContainerMount> MountsOf(Pod pod, Container container, string podUid)
    {
        List<ContainerMount> mounts = [];
        foreach (var mount in container.VolumeMounts)
        {
            Volume volume = pod.Spec.Volumes.FirstOrDefault(volume => volume.Name == mount.Name)
                ?? throw new InvalidOperationException($"container {container.Name} mounts volume {mount.Name}, which the pod does not have");
            mounts.Add(new ContainerMount(volume.HostPath?.Path ?? PathOf(podUid, volume.Name), mount.MountPath, mount.ReadOnly));
        }

        return mounts;
    }

    /// <summary>Takes the pod's volumes away. Paths of the node stay, of course.</summary>
    public void Remove(string podUid)
    {
        var pods = Path.Combine(_directory, podUid);
        foreach (var mount in MountTable.Below(pods))
            Mounts.Detach(mount);
        if (Directory.Exists(pods))
            Directory.Delete(pods, recursive: true);
    }

    static void MakeEmpty(string path, EmptyDirVolume volume)
    {
        if (Directory.Exists(path) && (volume.Medium != Memory || MountTable.IsMountPoint(path)))
            return;
        PrivateDirectory.Make(Path.GetDirectoryName(path)!);
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, Everyone);
        if (volume.Medium != Memory)
            return;
        var options = volume.SizeLimit is { } size ? $"mode=1777,size={size.Units}" : "mode=1777";
        if (Libc.Mount("tmpfs", path, "tmpfs", Libc.MsNosuid | Libc.MsNodev, options) != 0)
            throw new SyscallException("mount", Marshal.GetLastPInvokeError(), $"tmpfs at {path}");
    }

    string PathOf(string podUid, string volume) => Path.Combine(_directory, podUid, volume);
}
