using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// A mount of type cgroup: one cgroup2 file system, or for v1 a small tmpfs with a directory for each hierarchy the container is in.
/// </summary>
static class CgroupMountSteps
{
    public static void Mount(OpList ops, string what, MountSpec mount, CgroupView view, bool hasNamespace)
    {
        var options = mount.Options with { Data = "" };
        if (view.Unified)
        {
            if (hasNamespace) MountSteps.FileSystem(ops, what, mount.Destination, "cgroup", "cgroup2", options);
            else BindOwn(ops, what, mount.Destination, view.Mounts[0].Directory, options);
            return;
        }

        var writable = options with { Flags = options.Flags & ~Ms.RDONLY, Data = "mode=755" };
        MountSteps.FileSystem(ops, what, mount.Destination, "tmpfs", "tmpfs", writable);
        foreach (var hierarchy in view.Mounts)
        {
            var place = mount.Destination + "/" + hierarchy.Name;
            if (hasNamespace) MountSteps.FileSystem(ops, what, place, "cgroup", "cgroup", options with { Data = hierarchy.Name });
            else BindOwn(ops, what, place, hierarchy.Directory, options);
            if (!hierarchy.Name.Contains(',')) continue;
            foreach (var controller in hierarchy.Name.Split(',')) Link(ops, what, mount.Destination, controller, hierarchy.Name);
        }

        if ((options.Flags & Ms.RDONLY) == 0) return;
        PathSteps.Find(ops, what, mount.Destination);
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

    static void Link(OpList ops, string what, string destination, string name, string points)
    {
        PathSteps.Find(ops, what, destination);
        ops.Add(what, Call.symlinkat, points, Slots.Target, name).Tolerate(Errno.EEXIST);
        ops.Add(what, Call.close, Slots.Target);
    }
}
