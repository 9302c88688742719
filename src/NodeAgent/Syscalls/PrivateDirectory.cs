using Microsoft.Win32.SafeHandles;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// Directories only root may enter, and the flush that makes a rename in one of them last.
/// </summary>
static class PrivateDirectory
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes a directory with its parents, mode 0700 whatever the umask. Hands the path back.</summary>
    public static string Make(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly);
        return path;
    }

    /// <summary>Flushes the directory itself: without it a new name may be gone after a power cut (fsync(2)).</summary>
    public static void Flush(string path)
    {
        var fd = Libc.Open(path, Libc.ORdonly | Libc.ODirectory | Libc.OCloexec, 0);
        using SafeFileHandle dir = new(SyscallException.Check(fd, "open", path), ownsHandle: true);
        SyscallException.Check(Libc.Fsync(dir), "fsync", path);
    }

    /// <summary>Writes a file so that it is whole under its name or not there: beside, flush, rename, flush.</summary>
    public static void WriteFile(string path, ReadOnlySpan<byte> content)
    {
        var beside = path + ".new";
        using (FileStream file = new(beside, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(beside, path, overwrite: true);
        var parent = Path.GetDirectoryName(path) ?? "/";
        Flush(parent);
    }
}
