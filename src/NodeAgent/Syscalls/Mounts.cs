using System.Runtime.InteropServices;

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
