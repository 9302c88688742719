using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// The one way to a path inside the container: the kernel resolves it below the root descriptor (openat2(2) RESOLVE_IN_ROOT), so that
/// links in the image can't lead outside, and what is missing is made one name at a time in a directory already held.
/// </summary>
static class PathSteps
{
    const Resolve Inside = Resolve.IN_ROOT | Resolve.NO_MAGICLINKS;
    const uint DirectoryMode = 0x1ED; // 0755
    const uint FileMode = 0x1A4; // 0644
    static readonly Arg AsPath = Blocks.OpenHow(O.PATH, Inside), AsDirectory = Blocks.OpenHow(O.PATH | O.DIRECTORY, Inside),
        AsItself = Blocks.OpenHow(O.PATH, Inside | Resolve.NO_SYMLINKS);

    /// <summary>Cleans a container path: no empty parts, no dots, no leading slash. ".." is left to the kernel's walk.</summary>
    public static string Clean(string path) => string.Join('/', Parts(path));

    /// <summary>Opens an existing path into the target slot.</summary>
    /// <param name="followLinks">False: a link anywhere in the path is an error.</param>
    public static Op Find(OpList ops, string what, string path, bool followLinks = true) =>
        Open(ops, what, Clean(path), followLinks ? AsPath : AsItself, Slots.Target);

    public static Op FindDirectory(OpList ops, string what, string path) =>
        Open(ops, what, Clean(path), AsDirectory, Slots.Target);

    /// <summary>Opens a path into the target slot; makes it and its parents if they are missing.</summary>
    /// <param name="directory">What it is made as, if it is missing.</param>
    /// <param name="followLinks">False: a link anywhere in the path is an error.</param>
    public static void ResolveOrMake(OpList ops, string what, string path, bool directory, bool followLinks = true)
    {
        var found = new Mark();
        Find(ops, what, path, followLinks).ThenTo(found).Tolerate(Errno.ENOENT);
        var parts = Parts(path);
        var parent = MakeDirectories(ops, what, parts[..^1]);
        if (directory)
        {
            ops.Add(what, Call.mkdirat, parent, parts[^1], Arg.Octal(DirectoryMode)).Tolerate(Errno.EEXIST);
        }
        else
        {
            var afterClose = new Mark();
            ops.Add(what, Call.openat, parent, parts[^1], O.CREAT | O.EXCL | O.NOFOLLOW | O.WRONLY | O.CLOEXEC, Arg.Octal(FileMode))
                .Into(Slots.Scrap).Tolerate(Errno.EEXIST, to: afterClose);
            ops.Add(what, Call.close, Slots.Scrap);
            ops.Place(afterClose);
        }

        if (parent != Slots.Root) ops.Add(what, Call.close, parent);
        Find(ops, what, path, followLinks);
        ops.Place(found);
    }

    /// <summary>Opens (and makes, if missing) the directory of a path; returns the slot that holds it.</summary>
    public static Slot Parent(OpList ops, string what, string path) => MakeDirectories(ops, what, Parts(path)[..^1]);

    public static string LastPart(string path) => Parts(path)[^1];

    static Op Open(OpList ops, string what, string path, Arg how, Slot slot) =>
        ops.Add(what, Call.openat2, Slots.Root, path, how, Blocks.OpenHowBytes).Into(slot);

    static Slot MakeDirectories(OpList ops, string what, string[] parts)
    {
        if (parts.Length == 0) return Slots.Root;
        // Most often all is there but the last part: then the walk from the root, part by part, is spared.
        var last = parts.Length % 2 == 0 ? Slots.Even : Slots.Odd;
        var there = new Mark();
        Open(ops, what, string.Join('/', parts), AsDirectory, last).ThenTo(there).Tolerate(Errno.ENOENT);
        var parent = Slots.Root;
        for (var i = 1; i <= parts.Length; i++)
        {
            var next = i % 2 == 0 ? Slots.Even : Slots.Odd;
            var prefix = string.Join('/', parts[..i]);
            var have = new Mark();
            Open(ops, what, prefix, AsDirectory, next).ThenTo(have).Tolerate(Errno.ENOENT);
            ops.Add(what, Call.mkdirat, parent, parts[i - 1], Arg.Octal(DirectoryMode)).Tolerate(Errno.EEXIST);
            Open(ops, what, prefix, AsDirectory, next);
            ops.Place(have);
            if (parent != Slots.Root) ops.Add(what, Call.close, parent);
            parent = next;
        }

        ops.Place(there);
        return parent;
    }

    static string[] Parts(string path) => path.Split('/').Where(part => part is not ("" or ".")).ToArray();
}
