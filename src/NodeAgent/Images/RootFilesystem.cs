using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// A container's root filesystem: the image's layers below, one directory of its own above (overlayfs).
/// Making and removing can be repeated; a mount that stands is taken as it is.
/// </summary>
static class RootFilesystem
{
    // mount(2) takes one page of options.
    const int OptionBytes = 4096;

    /// <summary>Where the layers stand with mapped users while an overlay is laid on them.</summary>
    const string MappedDirectory = "layers";

    /// <summary>Mounts it at DIRECTORY/rootfs and hands that path back.</summary>
    /// <param name="users">The container's own users: the image's files are theirs, by mapped mounts of the layers (mount_setattr(2)), and so is what it writes. Null for the node's users.</param>
    public static string Mount(IReadOnlyList<string> layersLowestFirst, string directory, PodUsers? users = null)
    {
        var upper = PrivateDirectory.Make(Path.Combine(directory, "upper"));
        var work = PrivateDirectory.Make(Path.Combine(directory, "work"));
        var rootfs = Path.Combine(directory, "rootfs");
        Directory.CreateDirectory(rootfs);
        // The merged root shows the upper directory's mode: a private one would shut out every user but root.
        File.SetUnixFileMode(upper, (UnixFileMode)0x1ED);
        if (MountTable.IsMountPoint(rootfs))
            return rootfs;

        if (users is null)
        {
            Overlay(layersLowestFirst, upper, work, rootfs);
            return rootfs;
        }

        // The layer above can't be mapped: overlayfs itself writes there, as a user that the map does not have.
        using (SafeFileHandle handle = new(SyscallException.Check(Libc.Open(upper, Libc.ORdonly | Libc.ODirectory | Libc.OCloexec, 0), "open", upper), ownsHandle: true))
            SyscallException.Check(Libc.Fchown(handle, users.First, users.First), "fchown", upper);
        using var mapped = MappedLayers.Make(layersLowestFirst, Path.Combine(directory, MappedDirectory), users);
        Overlay(mapped.Paths, upper, work, rootfs);
        return rootfs;
    }

    /// <summary>Unmounts and removes everything of it. Nothing there is no error.</summary>
    public static void Remove(string directory)
    {
        var rootfs = Path.Combine(directory, "rootfs");
        Mounts.Detach(rootfs);
        // Only an agent that was interrupted while it mounted has left them.
        var layers = Path.Combine(directory, MappedDirectory);
        if (Directory.Exists(layers))
        {
            foreach (var mount in MountTable.Below(layers))
                Mounts.Detach(mount);
        }

        if (Directory.Exists(directory))
            Directory.Delete(directory, recursive: true);
    }

    static void Overlay(IReadOnlyList<string> layersLowestFirst, string upper, string work, string rootfs)
    {
        // All layers stand in one directory: named relative to it, many fit into the page.
        var common = Path.GetDirectoryName(layersLowestFirst[0])!;
        var lower = string.Join(':', layersLowestFirst.Reverse().Select(layer => Path.GetFileName(layer)));
        var options = $"lowerdir={lower},upperdir={Escape(upper)},workdir={Escape(work)}";
        if (System.Text.Encoding.UTF8.GetByteCount(options) >= OptionBytes)
            throw new ImageException(ImageFault.Invalid, $"the image has too many layers for one mount: {layersLowestFirst.Count}");
        KernelThread.Run(() =>
        {
            SyscallException.Check(Libc.Unshare(Libc.CloneFs), "unshare", "working directory");
            SyscallException.Check(Libc.Chdir(common), "chdir", common);
            // nodev: device files of the image open nothing; those a container may use are made by the runtime in its /dev.
            SyscallException.Check(Libc.Mount("overlay", rootfs, "overlay", Libc.MsNodev, options), "mount", $"overlay at {rootfs}");
        });
    }

    // overlayfs splits its options at commas and lower directories at colons.
    static string Escape(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace(",", "\\,", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
