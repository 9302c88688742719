using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Unpacks one layer's tar into a directory of its own, in the form overlayfs reads (image-spec, layer.md;
/// kernel, filesystems/overlayfs). The archive is hostile until proven otherwise: no path leaves the directory.
/// </summary>
sealed class LayerExtractor : IDisposable
{
    const string WhiteoutPrefix = ".wh.";
    const string OpaqueMarker = ".wh..wh..opq";
    const string CapabilityXattr = "security.capability";
    const string UserXattrs = "user.";
    const int CopyBytes = 128 * 1024;

    readonly RootedTree _tree;
    readonly ImageLimits _limits;
    readonly byte[] _buffer = new byte[CopyBytes];
    // Whiteouts say what to hide of the layers below, whatever their order beside this layer's own files.
    readonly HashSet<string> _whiteouts = [];

    public LayerExtractor(string directory, ImageLimits limits)
    {
        _tree = new RootedTree(directory);
        _limits = limits;
    }

    /// <summary>Unpacks everything. Directory times are not kept: nothing in a container depends on them.</summary>
    /// <exception cref="ImageException">The archive is broken, tries to leave its directory, or has too many entries.</exception>
    public void Extract(Stream archive)
    {
        TarStream tar = new(archive);
        var entries = 0;
        while (tar.Next() is { } entry)
        {
            if (++entries > _limits.Entries)
                throw Bad($"it has more than {_limits.Entries} entries");
            var path = Clean(entry.Path);
            try
            {
                Place(entry, path, tar);
            }
            catch (SyscallException e) when (e.Errno is Errno.Enotdir or Errno.Eexist or Errno.Enoent or 36 or 40)
            {
                // A file where a directory is needed, a loop of links, a name too long: the archive's fault, not the disk's.
                throw Bad($"entry \"{entry.Path}\" can't be placed: {e.Message}", e);
            }
        }

        SyscallException.Check(Libc.Syncfs(TopForSync()), "syncfs", "layer directory");
    }

    void Place(TarHeader entry, string path, TarStream tar)
    {
        if (path.Length == 0)
        {
            if (entry.Kind == TarKind.Directory)
                SetDirectory("", entry);
            return;
        }

        var slash = path.LastIndexOf('/');
        var directory = slash < 0 ? "" : path[..slash];
        var name = path[(slash + 1)..];
        using var parent = _tree.OpenDirectory(directory);
        if (name == OpaqueMarker)
            SetOpaque(directory);
        else if (name.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            Whiteout(parent, directory, name[WhiteoutPrefix.Length..]);
        else if (entry.Kind == TarKind.Directory)
            MakeDirectory(parent, path, name, entry);
        else
            MakeOther(parent, path, name, entry, tar);
    }

    void Whiteout(SafeFileHandle parent, string directory, string hidden)
    {
        // ".wh..wh.plnk" and the like are AUFS's own notes; an empty or dotted name could mean the directory itself.
        if (hidden.StartsWith(WhiteoutPrefix, StringComparison.Ordinal))
            return;
        if (hidden is "" or "." or "..")
            throw Bad("it has a whiteout without a name");
        var path = directory.Length == 0 ? hidden : $"{directory}/{hidden}";
        if (Libc.MknodAt(parent, hidden, Libc.SIfchr, 0) == 0)
        {
            _whiteouts.Add(path);
            return;
        }

        var errno = Marshal.GetLastPInvokeError();
        if (errno != Errno.Eexist)
            throw new SyscallException("mknodat", errno, path);
        // This layer brought its own already. A directory of its own must not show what lies below.
        if (_tree.TryOpen(path, Libc.OPath | Libc.ODirectory | Libc.ONofollow, tolerate: Errno.Enotdir) is { } own)
        {
            own.Dispose();
            SetOpaque(path);
        }
    }

    void MakeDirectory(SafeFileHandle parent, string path, string name, TarHeader entry)
    {
        if (Libc.MkdirAt(parent, name, 0x1ED) != 0)
        {
            var errno = Marshal.GetLastPInvokeError();
            if (errno != Errno.Eexist)
                throw new SyscallException("mkdirat", errno, path);
            if (!IsDirectory(parent, name))
            {
                SyscallException.Check(Libc.UnlinkAt(parent, name, 0), "unlinkat", path);
                SyscallException.Check(Libc.MkdirAt(parent, name, 0x1ED), "mkdirat", path);
            }
        }

        if (_whiteouts.Remove(path))
            SetOpaque(path);
        SetDirectory(path, entry);
    }

    void MakeOther(SafeFileHandle parent, string path, string name, TarHeader entry, TarStream tar)
    {
        Clear(parent, path, name);
        _whiteouts.Remove(path);
        switch (entry.Kind)
        {
            case TarKind.File:
                WriteFile(parent, path, name, entry, tar);
                break;
            case TarKind.HardLink:
                LinkTo(parent, path, name, Clean(entry.LinkTarget));
                break;
            case TarKind.SymbolicLink:
                if (entry.LinkTarget.Length == 0)
                    throw Bad($"link \"{path}\" points nowhere");
                SyscallException.Check(Libc.SymlinkAt(entry.LinkTarget, parent, name), "symlinkat", path);
                SetLinkOwner(parent, path, name, entry);
                break;
            case TarKind.CharacterDevice or TarKind.BlockDevice or TarKind.Fifo:
                MakeNode(parent, path, name, entry);
                break;
            case TarKind.Directory:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    void WriteFile(SafeFileHandle parent, string path, string name, TarHeader entry, TarStream tar)
    {
        var fd = Libc.OpenAt(parent, name, Libc.OWronly | Libc.OCreat | Libc.OExcl | Libc.ONofollow | Libc.OCloexec, 0x180);
        using SafeFileHandle file = new(SyscallException.Check(fd, "openat", path), ownsHandle: true);
        long at = 0;
        for (int read; (read = tar.Read(_buffer)) > 0; at += read)
            RandomAccess.Write(file, _buffer.AsSpan(0, read), at);
        SetAttributes(file, path, entry);
        SyscallException.Check(Libc.UtimensAt(file, "", Times(entry), Libc.AtEmptyPath), "utimensat", path);
    }

    void LinkTo(SafeFileHandle parent, string path, string name, string target)
    {
        var slash = target.LastIndexOf('/');
        using var from = _tree.TryOpen(slash < 0 ? "" : target[..slash], Libc.OPath | Libc.ODirectory)
            ?? throw Bad($"hard link \"{path}\" points at \"{target}\", which this layer does not have");
        // Without AT_SYMLINK_FOLLOW a link to a symbolic link links the link itself (linkat(2)).
        if (Libc.LinkAt(from, target[(slash + 1)..], parent, name, 0) != 0)
            throw Bad($"hard link \"{path}\" can't point at \"{target}\": {Marshal.GetLastPInvokeErrorMessage()}");
    }

    // Devices are placed because the specification has them; the root filesystem is mounted nodev, so they open nothing.
    static void MakeNode(SafeFileHandle parent, string path, string name, TarHeader entry)
    {
        var device = DeviceNumber(entry.DeviceMajor, entry.DeviceMinor);
        var type = entry.Kind switch
        {
            TarKind.CharacterDevice => Libc.SIfchr,
            TarKind.BlockDevice => Libc.SIfblk,
            _ => Libc.SIfifo,
        };
        if (entry.Kind == TarKind.CharacterDevice && device == 0)
            throw Bad($"device \"{path}\" is overlayfs's own mark for a removed file");
        SyscallException.Check(Libc.MknodAt(parent, name, type | (entry.Mode & 0x1B6), type == Libc.SIfifo ? 0 : device), "mknodat", path);
        SetLinkOwner(parent, path, name, entry);
    }

    // gnu_dev_makedev(3).
    static ulong DeviceNumber(uint major, uint minor) =>
        (minor & 0xFFul) | ((major & 0xFFFul) << 8) | ((minor & ~0xFFul) << 12) | ((major & ~0xFFFul) << 32);

    void SetDirectory(string path, TarHeader entry)
    {
        using var directory = Reopen(path);
        SetAttributes(directory, path, entry);
    }

    static void SetAttributes(SafeFileHandle file, string path, TarHeader entry)
    {
        // In this order: a change of owner clears set-uid bits and capabilities.
        SyscallException.Check(Libc.Fchown(file, entry.Uid, entry.Gid), "fchown", path);
        SyscallException.Check(Libc.Fchmod(file, entry.Mode), "fchmod", path);
        foreach (var (name, value) in entry.Xattrs)
        {
            // trusted.overlay.* would steer overlayfs, security.* the host's policy: neither is an image's to say.
            if (name == CapabilityXattr || name.StartsWith(UserXattrs, StringComparison.Ordinal))
                SyscallException.Check(Libc.Fsetxattr(file, name, value, (nuint)value.Length, 0), "fsetxattr", $"{path} {name}");
        }
    }

    static void SetLinkOwner(SafeFileHandle parent, string path, string name, TarHeader entry)
    {
        SyscallException.Check(Libc.FchownAt(parent, name, entry.Uid, entry.Gid, Libc.AtSymlinkNofollow), "fchownat", path);
        SyscallException.Check(Libc.UtimensAt(parent, name, Times(entry), Libc.AtSymlinkNofollow), "utimensat", path);
    }

    void SetOpaque(string directory)
    {
        using var handle = Reopen(directory);
        SyscallException.Check(Libc.Fsetxattr(handle, "trusted.overlay.opaque", "y"u8, 1, 0), "fsetxattr", directory);
    }

    static void Clear(SafeFileHandle parent, string path, string name)
    {
        if (Libc.UnlinkAt(parent, name, 0) == 0)
            return;
        var errno = Marshal.GetLastPInvokeError();
        if (errno == Errno.Enoent)
            return;
        if (errno != Errno.Eisdir)
            throw new SyscallException("unlinkat", errno, path);
        if (Libc.UnlinkAt(parent, name, Libc.AtRemovedir) != 0)
            throw Bad($"\"{path}\" is a directory with content and a file in one layer");
    }

    static bool IsDirectory(SafeFileHandle parent, string name)
    {
        var fd = Libc.OpenAt(parent, name, Libc.OPath | Libc.ODirectory | Libc.ONofollow | Libc.OCloexec, 0);
        if (fd < 0)
            return false;
        new SafeFileHandle(fd, ownsHandle: true).Dispose();
        return true;
    }

    SafeFileHandle Reopen(string path) =>
        _tree.TryOpen(path, Libc.ORdonly | Libc.ODirectory) ?? throw new SyscallException("openat2", Errno.Enoent, path);

    SafeFileHandle TopForSync() => Reopen("");

    static Libc.TimeSpec[] Times(TarHeader entry)
    {
        var seconds = (long)Math.Clamp(Math.Floor(entry.ModifiedSeconds), long.MinValue / 2.0, int.MaxValue);
        Libc.TimeSpec time = new() { Seconds = seconds, Nanoseconds = (long)((entry.ModifiedSeconds - Math.Floor(entry.ModifiedSeconds)) * 1e9) % 1_000_000_000 };
        return [time, time];
    }

    // "..", wherever it stands, is refused: no honest tool writes it. A leading slash is cut as every tar does.
    static string Clean(string path)
    {
        var parts = path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Contains(".."))
            throw Bad($"\"{path}\" leaves its directory");
        return string.Join('/', parts.Where(part => part != "."));
    }

    static ImageException Bad(string why, Exception? inner = null) => new(ImageFault.Invalid, $"layer refused: {why}", inner);

    public void Dispose() => _tree.Dispose();
}
