using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>Gives directories of a pod's volumes to its group (Kubernetes, fsGroup).</summary>
static class Ownership
{
    /// <summary>Has what is made in the directory belong to the group as well.</summary>
    const UnixFileMode OfGroup = UnixFileMode.SetGroup | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    public static void Give(string directory, uint group)
    {
        var fd = Libc.Open(directory, Libc.ORdonly | Libc.ODirectory | Libc.OCloexec, 0);
        using (SafeFileHandle opened = new(SyscallException.Check(fd, "open", directory), ownsHandle: true))
            SyscallException.Check(Libc.Fchown(opened, 0, group), "fchown", directory);

        // After the change of owner, which takes such bits away (chown(2)).
        File.SetUnixFileMode(directory, File.GetUnixFileMode(directory) | OfGroup);
    }
}
