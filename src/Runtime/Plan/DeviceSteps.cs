using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// The device nodes and links that every container has (config-linux.md, "Default Devices"), and those asked for.
/// Left out when the host's /dev is bound over the container's.
/// </summary>
static class DeviceSteps
{
    const uint Character = 0x2000; // S_IFCHR
    const uint Fifo = 0x1000; // S_IFIFO
    const uint Everyone = 0x1B6; // 0666
    const long TypeBits = 0xF000; // S_IFMT
    const int ModeOffset = 24, DeviceOffset = 40; // struct stat of x86-64

    static readonly DeviceSpec[] Defaults =
    [
        new("/dev/null", Character, 1, 3, Everyone, 0, 0),
        new("/dev/zero", Character, 1, 5, Everyone, 0, 0),
        new("/dev/full", Character, 1, 7, Everyone, 0, 0),
        new("/dev/random", Character, 1, 8, Everyone, 0, 0),
        new("/dev/urandom", Character, 1, 9, Everyone, 0, 0),
        new("/dev/tty", Character, 5, 0, Everyone, 0, 0),
    ];

    public static void All(OpList ops, LaunchRequest request)
    {
        if (request.Config.Mounts.Any(mount => mount.Options.IsBind && PathSteps.Clean(mount.Destination) == "dev")) return;
        // The modes below are meant as they stand.
        ops.Add("make device nodes", Call.umask, 0);
        var asked = request.Config.Linux.Devices;
        List<DeviceSpec> devices = [.. Defaults.Where(device => !asked.Any(other => PathSteps.Clean(other.Path) == PathSteps.Clean(device.Path))), .. asked];
        // In a user namespace no node can be made.
        var bound = request.Config.Linux.HasUserNamespace ? devices.Where(device => device.Type != Fifo).ToList() : [];
        foreach (var device in bound) BindNode(ops, device);
        PathSteps.ResolveOrMake(ops, "make device nodes", "/dev", directory: true);
        foreach (var device in devices.Except(bound)) Node(ops, device);
        Link(ops, "fd", "/proc/self/fd");
        Link(ops, "stdin", "/proc/self/fd/0");
        Link(ops, "stdout", "/proc/self/fd/1");
        Link(ops, "stderr", "/proc/self/fd/2");
        if (request.Host.HasKcore) Link(ops, "core", "/proc/kcore");
        Link(ops, "ptmx", "pts/ptmx");
        ops.Add("make links in /dev", Call.close, Slots.Target);
    }

    /// <summary>Binds the host's node, when it is the device that is meant.</summary>
    static void BindNode(OpList ops, DeviceSpec device)
    {
        var what = $"bind the host's device {device.Path}";
        ops.Add(what, Call.open_tree, At.FDCWD, device.Path, At.CLONE | At.CLOEXEC | At.SYMLINK_NOFOLLOW).Into(Slots.Tree);
        var stat = new Scratch("stat", new byte[Kernel.StatBytes]);
        ops.Add(what, Call.fstat, Slots.Tree, stat);
        ops.Add($"{what}: it is something else", Call.expect, new Arg.Inside(stat, ModeOffset), TypeBits, (long)device.Type, (int)Errno.ENODEV);
        ops.Add($"{what}: it is another device", Call.expect,
            new Arg.Inside(stat, DeviceOffset), -1, MakeDevice(device.Major, device.Minor), (int)Errno.ENODEV);
        PathSteps.ResolveOrMake(ops, what, device.Path, directory: false);
        RootSteps.Attach(ops, what);
        ops.Add(what, Call.close, Slots.Tree);
        ops.Add(what, Call.close, Slots.Target);
    }

    static void Node(OpList ops, DeviceSpec device)
    {
        var what = $"make the device {device.Path}";
        var name = PathSteps.LastPart(device.Path);
        // Most are in /dev itself, which the target slot holds.
        var isInDev = PathSteps.Clean(device.Path) == "dev/" + name;
        var parent = isInDev ? Slots.Target : PathSteps.Parent(ops, what, device.Path);
        var made = new Mark();
        var number = MakeDevice(device.Major, device.Minor);
        ops.Add(what, Call.mknodat, parent, name, Arg.Octal(device.Type | device.Mode), Arg.Named(number, $"{device.Major}:{device.Minor}"))
            .ThenTo(made).Tolerate(Errno.EEXIST);
        // The image brings a file of that name: it must be the very device, not a link or a file that looks like it.
        var stat = new Scratch("stat", new byte[Kernel.StatBytes]);
        ops.Add(what, Call.newfstatat, parent, name, stat, At.SYMLINK_NOFOLLOW);
        ops.Add($"{what}: the image has something else there", Call.expect,
            new Arg.Inside(stat, ModeOffset), TypeBits, (long)device.Type, (int)Errno.EEXIST);
        ops.Add($"{what}: the image has another device there", Call.expect,
            new Arg.Inside(stat, DeviceOffset), -1, number, (int)Errno.EEXIST);
        ops.Place(made);
        if (device.Uid != 0 || device.Gid != 0)
            ops.Add(what, Call.fchownat, parent, name, (long)device.Uid, (long)device.Gid, At.SYMLINK_NOFOLLOW);
        if (!isInDev && parent != Slots.Root) ops.Add(what, Call.close, parent);
    }

    static void Link(OpList ops, string name, string points)
    {
        var what = $"make the link /dev/{name}";
        // devpts hands out terminals only through its own ptmx: another one in the image is replaced.
        if (name == "ptmx") ops.Add(what, Call.unlinkat, Slots.Target, name, 0).Tolerate(Errno.ENOENT);
        ops.Add(what, Call.symlinkat, points, Slots.Target, name).Tolerate(Errno.EEXIST);
    }

    /// <summary>dev_t as the kernel packs it for mknod(2) and stat(2).</summary>
    public static long MakeDevice(uint major, uint minor) =>
        (minor & 0xFF) | (long)(major & 0xFFF) << 8 | (long)(minor & ~0xFFu) << 12 | (long)(major & ~0xFFFu) << 32;
}
