using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// A mount of type cgroup: one cgroup2 file system, or for v1 a small tmpfs with a directory for each hierarchy the container is in.
/// </summary>
static class CgroupMountSteps
{
    const uint DirectoryMode = 0x1ED; // 0755

    public static void Mount(OpList ops, string what, MountSpec mount, CgroupView view, bool hasNamespace)
    {
        var options = mount.Options with { Data = "" };
        if (view.Unified)
        {
            if (hasNamespace) MountSteps.FileSystem(ops, what, mount.Destination, "cgroup", "cgroup2", options);
            else BindOwn(ops, what, mount.Destination, view.Mounts[0].Directory, options);
            return;
        }

        var writable = options with { Flags = options.Flags & ~Ms.RDONLY, SetBelow = 0, ClearBelow = 0, Data = "mode=755" };
        MountSteps.FileSystem(ops, what, mount.Destination, "tmpfs", "tmpfs", writable);
        if (!hasNamespace)
        {
            foreach (var hierarchy in view.Mounts)
                BindOwn(ops, what, mount.Destination + "/" + hierarchy.Name, hierarchy.Directory, options);
        }

        // The tmpfs is new and empty and this process the only one that sees it: names in it can be used as they stand.
        PathSteps.Find(ops, what, mount.Destination);
        ops.Add(what, Call.fchdir, Slots.Target);
        foreach (var hierarchy in view.Mounts)
        {
            if (hasNamespace)
            {
                ops.Add(what, Call.mkdirat, At.FDCWD, hierarchy.Name, Arg.Octal(DirectoryMode));
                ops.Add(what, Call.mount, "cgroup", hierarchy.Name, "cgroup", options.Flags, hierarchy.Name);
            }

            if (!hierarchy.Name.Contains(',')) continue;
            foreach (var controller in hierarchy.Name.Split(',')) ops.Add(what, Call.symlinkat, hierarchy.Name, At.FDCWD, controller);
        }

        MountSteps.Attributes(ops, what, Slots.Target, options.SetBelow, options.ClearBelow, recursive: true);
        if ((options.Flags & Ms.RDONLY) != 0)
            MountSteps.Attributes(ops, what, Slots.Target, MountAttr.RDONLY, MountAttr.None, recursive: false);
        ops.Add(what, Call.close, Slots.Target);
    }

    static void BindOwn(OpList ops, string what, string destination, string directory, MountOptions options)
    {
        ops.Add(what, Call.open_tree, At.FDCWD, directory, At.CLONE | At.CLOEXEC).Into(Slots.Tree);
        PathSteps.ResolveOrMake(ops, what, destination, directory: true);
        MountSteps.Attributes(ops, what, Slots.Tree, options.Set, options.Clear, recursive: false);
        RootSteps.Attach(ops, what);
        ops.Add(what, Call.close, Slots.Tree);
        ops.Add(what, Call.close, Slots.Target);
    }
}
