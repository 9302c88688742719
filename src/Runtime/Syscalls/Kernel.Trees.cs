using System.Text;

namespace Orchestrator.Runtime.Syscalls;

/// <summary>Files by a directory's descriptor and one name, and file systems that are attached nowhere.</summary>
static unsafe partial class Kernel
{
    const int MostLinkBytes = 4096;

    /// <summary>Opens (O_PATH) what a path means inside a root directory; null if nothing is there or it can't be resolved.</summary>
    public static Fd? TryOpenInside(Fd root, string path)
    {
        var how = stackalloc long[3] { (long)(O.PATH | O.CLOEXEC), 0, (long)(Resolve.IN_ROOT | Resolve.NO_MAGICLINKS) };
        fixed (byte* text = Text(path))
        {
            var fd = Try(out var errno, Call.openat2, root.Number, (nint)text, (nint)how, 3 * sizeof(long));
            return errno == Errno.None ? new Fd((int)fd) : null;
        }
    }

    public static Fd OpenAt(Fd directory, string name, O flags)
    {
        const int privateFile = 0x180; // 0600, for O_CREAT: the mode follows the content
        fixed (byte* text = Text(name))
            return new Fd((int)Do(name, Call.openat, directory.Number, (nint)text, (nint)(flags | O.CLOEXEC), privateFile));
    }

    public static void MakeDirectoryAt(Fd directory, string name)
    {
        const int privateDirectory = 0x1C0; // 0700: the mode follows the content
        fixed (byte* text = Text(name))
            Do(name, Call.mkdirat, directory.Number, (nint)text, privateDirectory);
    }

    public static void MakeLinkAt(Fd directory, string name, string points)
    {
        fixed (byte* text = Text(name), target = Text(points))
            Do(name, Call.symlinkat, (nint)target, directory.Number, (nint)text);
    }

    /// <summary>What the link that was opened itself (O_PATH with O_NOFOLLOW) points to.</summary>
    public static string ReadLink(Fd link, string name)
    {
        var buffer = stackalloc byte[MostLinkBytes];
        byte empty = 0;
        var length = (int)Do(name, Call.readlinkat, link.Number, (nint)(&empty), (nint)buffer, MostLinkBytes);
        return Encoding.UTF8.GetString(buffer, length);
    }

    /// <summary>Gives an open file the owner and the permissions of another; the owner first, because that takes set-id bits off.</summary>
    public static void SetOwner(Fd file, FileFacts like, string name)
    {
        const uint permissions = 0xFFF;
        SetOwner(file, like.Uid, like.Gid, name);
        Do(name, Call.fchmod, file.Number, (nint)(like.Mode & permissions));
    }

    /// <summary>Gives a file another user; its group stays.</summary>
    public static void SetOwner(string path, uint uid)
    {
        fixed (byte* text = Text(path))
            Do(path, Call.fchownat, (nint)At.FDCWD, (nint)text, (nint)uid, -1, (nint)At.SYMLINK_NOFOLLOW);
    }

    public static void SetOwner(Fd file, uint uid, uint gid, string name) => Do(name, Call.fchown, file.Number, (nint)uid, (nint)gid);

    /// <summary>A new file system, mounted but attached nowhere (fsopen(2), fsmount(2)). Data as mount(2) takes it.</summary>
    public static Fd NewFileSystem(string type, string data, string target)
    {
        const int closeOnExec = 1, setFlag = 0, setString = 1, create = 6; // FSOPEN_CLOEXEC, FSCONFIG_*
        fixed (byte* name = Text(type))
        {
            using var context = new Fd((int)Do(target, Call.fsopen, (nint)name, closeOnExec));
            foreach (var option in data.Split(',', StringSplitOptions.RemoveEmptyEntries))
            {
                var equals = option.IndexOf('=');
                fixed (byte* key = Text(equals < 0 ? option : option[..equals]), value = Text(equals < 0 ? "" : option[(equals + 1)..]))
                    Do($"{target}: {option}", Call.fsconfig, context.Number, equals < 0 ? setFlag : setString, (nint)key, equals < 0 ? 0 : (nint)value);
            }

            Do(target, Call.fsconfig, context.Number, create);
            return new Fd((int)Do(target, Call.fsmount, context.Number, closeOnExec));
        }
    }

    /// <summary>A copy of the mounts at a path, attached nowhere (open_tree(2)).</summary>
    public static Fd CloneTree(string path, bool recursive, string target)
    {
        fixed (byte* text = Text(path))
            return new Fd((int)Do(target, Call.open_tree, (nint)At.FDCWD, (nint)text, (nint)(At.CLONE | At.CLOEXEC | (recursive ? At.RECURSIVE : At.None))));
    }

    /// <summary>Shows the files of a mount that is attached nowhere under the ids of a user namespace (mount_setattr(2), MOUNT_ATTR_IDMAP).</summary>
    public static void MapIds(Fd tree, Fd userNamespace, bool recursive, string target)
    {
        var attributes = stackalloc long[4] { (long)MountAttr.IDMAP, 0, 0, userNamespace.Number };
        byte empty = 0;
        Do(target, Call.mount_setattr, tree.Number, (nint)(&empty), (nint)(At.EMPTY_PATH | (recursive ? At.RECURSIVE : At.None)),
            (nint)attributes, 4 * sizeof(long));
    }
}
