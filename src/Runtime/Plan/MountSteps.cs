using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>The mounts of the configuration, in its order, each onto a descriptor that was resolved inside the root.</summary>
static class MountSteps
{
    // Parts of these are masked later by their usual names: were /proc a link, whoever can change where it leads could make the masks
    // miss (CVE-2019-19921, CVE-2023-27561).
    static readonly string[] KernelFiles = ["proc", "sysfs"];

    /// <summary>
    /// Opens the sources of binds that are to be shared with the host, while the mounts here are still its peers; takes those that the
    /// launcher has opened.
    /// </summary>
    /// <returns>Their trees, by the mount's field.</returns>
    public static IReadOnlyDictionary<string, Slot> OpenBinds(OpList ops, LaunchRequest request)
    {
        var trees = new Dictionary<string, Slot>();
        foreach (var mount in request.Config.Mounts)
        {
            if (!mount.Options.IsBind) continue;
            if (request.Prepared.TryGetValue(mount.Field, out var prepared))
            {
                trees.Add(mount.Field, ops.Open("prepared", prepared, O.PATH));
                continue;
            }

            if ((mount.Options.Propagation & Ms.SHARED) == 0) continue;
            var tree = ops.NewSlot("shared");
            Open(ops, mount, request, tree);
            trees.Add(mount.Field, tree);
        }

        return trees;
    }

    public static void All(OpList ops, LaunchRequest request, IReadOnlyDictionary<string, Slot> opened, bool hasCgroupNamespace)
    {
        foreach (var mount in request.Config.Mounts)
        {
            var what = $"{mount.Field}: mount {mount.Destination}";
            if (mount.Options.IsBind) Bind(ops, what, mount, request, opened.GetValueOrDefault(mount.Field));
            else if (mount.Type is "cgroup" or "cgroup2") CgroupMountSteps.Mount(ops, what, mount, request.Cgroups.View, hasCgroupNamespace);
            else if (request.Prepared.TryGetValue(mount.Field, out var filled)) Place(ops, what, mount, filled);
            else FileSystem(ops, what, mount.Destination, mount.Source, mount.Type, Writable(mount));
        }
    }

    /// <summary>Makes a /dev that is to be read-only so, now that all is in it.</summary>
    public static void SealDev(OpList ops, ContainerConfig config)
    {
        foreach (var mount in config.Mounts)
        {
            if (Writable(mount) == mount.Options) continue;
            var what = $"{mount.Field}: make {mount.Destination} read-only";
            PathSteps.Find(ops, what, mount.Destination);
            Attributes(ops, what, Slots.Target, MountAttr.RDONLY, MountAttr.None, recursive: false);
            ops.Add(what, Call.close, Slots.Target);
        }
    }

    // Devices and other mounts come into /dev after it.
    static MountOptions Writable(MountSpec mount) =>
        mount.Options.IsBind || PathSteps.Clean(mount.Destination) != "dev" ? mount.Options : mount.Options with { Flags = mount.Options.Flags & ~Ms.RDONLY };

    /// <summary>Moves a file system that was made before to its place.</summary>
    static void Place(OpList ops, string what, MountSpec mount, string filled)
    {
        var tree = ops.Open("filled", filled, O.PATH | O.DIRECTORY);
        var options = mount.Options;
        PathSteps.ResolveOrMake(ops, what, mount.Destination, directory: true);
        Attributes(ops, what, tree, options.Set | options.SetBelow, options.Clear, recursive: false);
        if (options.Propagation != Ms.None) Propagate(ops, what, tree, options.Propagation);
        RootSteps.Attach(ops, what, tree);
        ops.Add(what, Call.close, tree);
        ops.Add(what, Call.close, Slots.Target);
    }

    static void Bind(OpList ops, string what, MountSpec mount, LaunchRequest request, Slot? opened)
    {
        var options = mount.Options;
        var tree = opened ?? Slots.Tree;
        if (opened is null) Open(ops, mount, request, tree);
        PathSteps.ResolveOrMake(ops, what, mount.Destination, !request.Host.FileSources.Contains(Source(mount, request)));
        Attributes(ops, what, tree, options.Set, options.Clear, recursive: false);
        Attributes(ops, what, tree, options.SetBelow, options.ClearBelow, recursive: true);
        Propagate(ops, what, tree, options.Propagation == Ms.None ? Ms.PRIVATE | Ms.REC : options.Propagation);
        RootSteps.Attach(ops, what, tree);
        ops.Add(what, Call.close, tree);
        ops.Add(what, Call.close, Slots.Target);
    }

    static void Open(OpList ops, MountSpec mount, LaunchRequest request, Slot tree)
    {
        var source = Source(mount, request);
        ops.Add($"{mount.Field}: mount {mount.Destination}: source {source}", Call.open_tree, At.FDCWD, source,
            At.CLONE | At.CLOEXEC | (mount.Options.IsRecursive ? At.RECURSIVE : At.None)).Into(tree);
    }

    static string Source(MountSpec mount, LaunchRequest request) => Path.GetFullPath(mount.Source, request.Bundle);

    /// <summary>
    /// Mounts a new file system. The directory is entered by its descriptor and named ".", because mount(2) takes no descriptor.
    /// </summary>
    public static void FileSystem(OpList ops, string what, string destination, string source, string type, MountOptions options)
    {
        PathSteps.ResolveOrMake(ops, what, destination, directory: true, followLinks: !KernelFiles.Contains(type));
        ops.Add(what, Call.fchdir, Slots.Target);
        ops.Add(what, Call.close, Slots.Target);
        ops.Add(what, Call.mount, source.Length > 0 ? source : type, ".", type, options.Flags, options.Data.Length > 0 ? options.Data : Arg.Null);
        var below = (options.SetBelow | options.ClearBelow) != MountAttr.None;
        if (!below && options.Propagation == Ms.None) return;
        PathSteps.Find(ops, what, destination);
        Attributes(ops, what, Slots.Target, options.SetBelow, options.ClearBelow, recursive: true);
        if (options.Propagation != Ms.None) Propagate(ops, what, Slots.Target, options.Propagation);
        ops.Add(what, Call.close, Slots.Target);
    }

    public static void Attributes(OpList ops, string what, Slot mount, MountAttr set, MountAttr clear, bool recursive)
    {
        if ((set | clear) == MountAttr.None) return;
        ops.Add(what, Call.mount_setattr, mount, "", At.EMPTY_PATH | (recursive ? At.RECURSIVE : At.None),
            Blocks.MountAttributes(set, clear), Blocks.MountAttrBytes);
    }

    public static void Propagate(OpList ops, string what, Slot mount, Ms propagation) =>
        ops.Add(what, Call.mount_setattr, mount, "", At.EMPTY_PATH | ((propagation & Ms.REC) != 0 ? At.RECURSIVE : At.None),
            Blocks.MountAttributes(MountAttr.None, MountAttr.None, propagation), Blocks.MountAttrBytes);
}
