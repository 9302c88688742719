using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// Paths that the container must not read (a file: the host's /dev/null over it; a directory: an empty read-only tmpfs) and paths
/// it must not write. The null device is the host's, checked by number and attached by descriptor: an image's /dev/null
/// is never looked at (CVE-2025-31133).
/// </summary>
static class PathMaskSteps
{
    const long NullDevice = 0x103; // 1:3

    public static void All(OpList ops, LinuxSpec linux)
    {
        foreach (var path in linux.ReadonlyPaths) ReadOnly(ops, path);
        if (linux.MaskedPaths.Count == 0) return;
        const int modeOffset = 24, deviceOffset = 40;
        const long typeBits = 0xF000, character = 0x2000; // S_IFMT, S_IFCHR
        var stat = new Scratch("stat", new byte[Kernel.StatBytes]);
        ops.Add("open the host's /dev/null", Call.openat, At.FDCWD, "/dev/null", O.PATH | O.NOFOLLOW | O.CLOEXEC).Into(Slots.HostNull);
        ops.Add("open the host's /dev/null", Call.fstat, Slots.HostNull, stat);
        ops.Add("the host's /dev/null is not the null device", Call.expect,
            new Arg.Inside(stat, deviceOffset), -1, NullDevice, (int)Errno.ENODEV);
        ops.Add("the host's /dev/null is not a character device", Call.expect,
            new Arg.Inside(stat, modeOffset), typeBits, character, (int)Errno.ENODEV);
        foreach (var path in linux.MaskedPaths) Mask(ops, path);
        ops.Add("close the host's /dev/null", Call.close, Slots.HostNull);
    }

    static void Mask(OpList ops, string path)
    {
        var what = $"mask {path}";
        Mark end = new(), file = new(), close = new();
        PathSteps.Find(ops, what, path).Tolerate(Errno.ENOENT, Errno.ENOTDIR, end);
        ops.Add(what, Call.fchdir, Slots.Target).Tolerate(Errno.ENOTDIR, to: file);
        ops.Add(what, Call.mount, "tmpfs", ".", "tmpfs", Ms.RDONLY | Ms.NOSUID | Ms.NODEV | Ms.NOEXEC, "nr_inodes=1").ThenTo(close);
        ops.Place(file);
        ops.Add(what, Call.open_tree, Slots.HostNull, "", At.CLONE | At.CLOEXEC | At.EMPTY_PATH).Into(Slots.Tree);
        RootSteps.Attach(ops, what);
        ops.Add(what, Call.close, Slots.Tree);
        ops.Place(close);
        ops.Add(what, Call.close, Slots.Target);
        ops.Place(end);
    }

    static void ReadOnly(OpList ops, string path)
    {
        var what = $"make {path} read-only";
        var end = new Mark();
        PathSteps.Find(ops, what, path).Tolerate(Errno.ENOENT, Errno.ENOTDIR, end);
        ops.Add(what, Call.open_tree, Slots.Target, "", At.CLONE | At.CLOEXEC | At.EMPTY_PATH | At.RECURSIVE).Into(Slots.Tree);
        MountSteps.Attributes(ops, what, Slots.Tree, MountAttr.RDONLY, MountAttr.None, recursive: true);
        RootSteps.Attach(ops, what);
        ops.Add(what, Call.close, Slots.Tree);
        ops.Add(what, Call.close, Slots.Target);
        ops.Place(end);
    }
}
