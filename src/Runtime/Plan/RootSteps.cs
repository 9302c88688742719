using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>The container's root: bound onto itself as a mount, held by a descriptor, and entered at the end.</summary>
static class RootSteps
{
    const int Detach = 2; // MNT_DETACH
    const int MoveFromEmpty = 4, MoveToEmpty = 0x40; // MOVE_MOUNT_F_EMPTY_PATH, MOVE_MOUNT_T_EMPTY_PATH

    /// <summary>The name of the root among the trees that a launcher has prepared.</summary>
    public const string Field = "root";

    public static void Bind(OpList ops, LaunchRequest request)
    {
        var path = Path.GetFullPath(request.Config.Root.Path, request.Bundle);
        // Nothing mounted from here on may reach the host. What the host mounts may come here, for binds that ask for it
        // (mount_namespaces(7)); each bind and the root then get what they ask for, private if they ask for nothing.
        ops.Add("make all mounts slaves", Call.mount, Arg.Null, "/", Arg.Null, Ms.REC | Ms.SLAVE, Arg.Null);
        var what = $"bind the root file system {path}";
        if (request.Prepared.TryGetValue(Field, out var prepared))
            ops.Add(what, Call.openat, ops.Open("preparedRoot", prepared, O.PATH | O.DIRECTORY), ".", O.PATH | O.DIRECTORY | O.CLOEXEC).Into(Slots.Root);
        else
            ops.Add(what, Call.open_tree, At.FDCWD, path, At.CLONE | At.CLOEXEC | At.RECURSIVE).Into(Slots.Root);
        MountSteps.Propagate(ops, what, Slots.Root, Ms.PRIVATE | Ms.REC);
        var attached = new Mark();
        var attach = ops.Add(what, Call.move_mount, Slots.Root, "", At.FDCWD, path, Arg.Named(MoveFromEmpty, "F_EMPTY_PATH"));
        if (prepared is null) return;
        // The user of a user namespace may have no way to the directory: then over the root of all.
        attach.ThenTo(attached).Tolerate(Errno.EACCES);
        ops.Add(what, Call.move_mount, Slots.Root, "", At.FDCWD, "/", Arg.Named(MoveFromEmpty, "F_EMPTY_PATH"));
        ops.Place(attached);
    }

    /// <summary>Attaches the detached mount in the tree slot, or another, at the target slot.</summary>
    public static Op Attach(OpList ops, string what, Slot? tree = null) =>
        ops.Add(what, Call.move_mount, tree ?? Slots.Tree, "", Slots.Target, "", Arg.Named(MoveFromEmpty | MoveToEmpty, "F_EMPTY_PATH|T_EMPTY_PATH"));

    /// <summary>Changes root; the old one is stacked below and taken off, so that nothing of it is reachable (pivot_root(2)).</summary>
    public static void Enter(OpList ops, ContainerConfig config, bool noPivot, IReadOnlyList<string> kernelMounts)
    {
        ops.Add("enter the root", Call.fchdir, Slots.Root);
        if (noPivot)
        {
            // The old root stays below the new one: with a proc or sysfs in it that nothing covers, whoever has a user namespace of his
            // own in the container could mount bare ones (mount_namespaces(7), "too revealing").
            foreach (var path in kernelMounts) ops.Add("take the host's proc and sysfs off", Call.umount2, path, Arg.Named(Detach, "DETACH"));
            ops.Add("move the root", Call.mount, ".", "/", Arg.Null, Ms.MOVE, Arg.Null);
            ops.Add("change the root", Call.chroot, ".");
        }
        else
        {
            ops.Add("change the root", Call.pivot_root, ".", ".");
            ops.Add("take the old root off", Call.umount2, ".", Arg.Named(Detach, "DETACH"));
        }

        ops.Add("enter the root", Call.chdir, "/");
        if (config.Linux.RootfsPropagation is not Ms.None and var propagation)
            ops.Add("linux.rootfsPropagation", Call.mount, Arg.Null, "/", Arg.Null, propagation, Arg.Null);
        if (config.Root.ReadOnly)
        {
            ops.Add("make the root read-only", Call.mount_setattr, Slots.Root, "", At.EMPTY_PATH,
                Blocks.MountAttributes(MountAttr.RDONLY, MountAttr.None), Blocks.MountAttrBytes);
        }
    }

    /// <summary>Holds the root of a container that was joined.</summary>
    public static void Hold(OpList ops) =>
        ops.Add("open the container's root", Call.openat, At.FDCWD, "/", O.PATH | O.DIRECTORY | O.CLOEXEC).Into(Slots.Root);
}
