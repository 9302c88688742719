using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// Bind mounts and unmounts that can be repeated, because an agent may die between any two of them.
/// </summary>
static class Mounts
{
    // A path may be mounted over several times by an agent that was interrupted; more than this is something else.
    const int Stacked = 16;

    /// <summary>Mounts a file or directory a second time; with readOnly in a second step, as bind mounts want it.</summary>
    public static void Bind(string source, string target, bool readOnly = false)
    {
        if (Libc.Mount(source, target, null, Libc.MsBind, null) != 0)
            throw new SyscallException("mount", Marshal.GetLastPInvokeError(), $"{source} at {target}");
        if (readOnly && Libc.Mount(null, target, null, Libc.MsBind | Libc.MsRemount | Libc.MsRdonly, null) != 0)
            throw new SyscallException("mount", Marshal.GetLastPInvokeError(), $"{target} read-only");
    }

    /// <summary>Mounts a directory a second time, its files' users mapped by a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP).</summary>
    /// <exception cref="SyscallException">The file system can't, or the kernel can't for it.</exception>
    public static void BindMapped(string source, string target, string userNamespace)
    {
        using SafeFileHandle tree = new((nint)Check(Libc.OpenTree(Libc.SysOpenTree, Libc.AtFdCwd, source, Libc.OpenTreeClone | Libc.OCloexec), "open_tree", source), ownsHandle: true);
        using (SafeFileHandle users = new(SyscallException.Check(Libc.Open(userNamespace, Libc.ORdonly | Libc.OCloexec, 0), "open", userNamespace), ownsHandle: true))
        {
            Libc.MountAttributes attributes = new() { Set = Libc.MountAttrIdmap, UserNamespace = (ulong)users.DangerousGetHandle() };
            Check(Libc.MountSetattr(Libc.SysMountSetattr, tree, "", Libc.AtEmptyPath, attributes, (nuint)Marshal.SizeOf<Libc.MountAttributes>()), "mount_setattr", $"{source} with mapped users");
        }

        Check(Libc.MoveMount(Libc.SysMoveMount, tree, "", Libc.AtFdCwd, target, Libc.MoveMountFromEmptyPath), "move_mount", target);
    }

    static long Check(long result, string call, string target) => SyscallException.Check((int)result, call, target);

    /// <summary>Takes off everything mounted at a path. Not mounted, or not there, is fine.</summary>
    public static void Detach(string target)
    {
        for (var i = 0; i < Stacked; i++)
        {
            if (Libc.Umount2(target, Libc.MntDetach | Libc.UmountNofollow) == 0)
                continue;
            var errno = Marshal.GetLastPInvokeError();
            if (errno is Errno.Einval or Errno.Enoent)
                return;
            throw new SyscallException("umount2", errno, target);
        }
    }
}
