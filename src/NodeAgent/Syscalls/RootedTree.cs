using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// A directory tree that nothing leaves: every path is resolved by the kernel inside it (openat2(2), RESOLVE_IN_ROOT),
/// so that no "..", absolute name or symbolic link of hostile content reaches the host.
/// </summary>
sealed class RootedTree : IDisposable
{
    const ulong Resolve = Libc.ResolveInRoot | Libc.ResolveNoMagiclinks;

    readonly string _root;

    public RootedTree(string root)
    {
        _root = root;
        var fd = Libc.Open(root, Libc.OPath | Libc.ODirectory | Libc.OCloexec, 0);
        Top = new SafeFileHandle(SyscallException.Check(fd, "open", root), ownsHandle: true);
    }

    /// <summary>The tree's own directory.</summary>
    public SafeFileHandle Top { get; }

    /// <summary>Opens what stands at a path, links resolved inside the tree. Null: nothing is there, or the tolerated errno.</summary>
    public SafeFileHandle? TryOpen(string path, int flags, int tolerate = Errno.Enoent)
    {
        Libc.OpenHow how = new() { Flags = (ulong)(uint)(flags | Libc.OCloexec), Mode = 0, Resolve = Resolve };
        while (true)
        {
            var fd = Libc.Openat2(Libc.SysOpenat2, (int)Top.DangerousGetHandle(), path.Length == 0 ? "." : path, how, 24);
            if (fd >= 0)
                return new SafeFileHandle((nint)fd, ownsHandle: true);
            var errno = Marshal.GetLastPInvokeError();
            if (errno == Errno.Enoent || errno == tolerate)
                return null;
            // EAGAIN: a rename raced with the walk of ".."; EINTR: a signal. Both ask for another try (openat2(2)).
            if (errno is not (11 or Errno.Eintr))
                throw new SyscallException("openat2", errno, $"{_root}/{path}");
        }
    }

    /// <summary>Opens a directory, making it and its missing parents as root 0755.</summary>
    public SafeFileHandle OpenDirectory(string path)
    {
        if (TryOpen(path, Libc.OPath | Libc.ODirectory) is { } there)
            return there;
        var slash = path.LastIndexOf('/');
        var name = path[(slash + 1)..];
        using (var parent = OpenDirectory(slash < 0 ? "" : path[..slash]))
        {
            if (Libc.MkdirAt(parent, name, 0x1ED) != 0 && Marshal.GetLastPInvokeError() != Errno.Eexist)
                throw new SyscallException("mkdirat", Marshal.GetLastPInvokeError(), $"{_root}/{path}");
        }

        return TryOpen(path, Libc.OPath | Libc.ODirectory)
            ?? throw new SyscallException("openat2", Errno.Enoent, $"{_root}/{path} (a symbolic link to nothing)");
    }

    /// <summary>Reads a small regular file; null when there is none. Larger than the limit is an error.</summary>
    public byte[]? TryRead(string path, int limitBytes)
    {
        using var file = TryOpen(path, Libc.ORdonly | Libc.ONonblock);
        if (file is null)
            return null;
        if (!FileKinds.IsRegular(file))
            throw new InvalidDataException($"{path} is not a regular file");
        using FileStream stream = new(file, FileAccess.Read, bufferSize: 0);
        if (stream.Length > limitBytes)
            throw new InvalidDataException($"{path} is larger than {limitBytes} bytes");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    public void Dispose() => Top.Dispose();
}
