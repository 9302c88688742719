using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>
/// Gives a container's cgroup to the root of its user namespace, so that a service manager in it can make cgroups below (config-linux.md, "Cgroup
/// ownership"): on v2, with a cgroup namespace of its own, and only if it may write to the mount.
/// </summary>
static class CgroupOwner
{
    // What cgroup-v2 "Delegation Containment" lists, where the kernel does not say itself.
    static readonly string[] Usual = ["cgroup.procs", "cgroup.threads", "cgroup.subtree_control"];

    public static void Give(ContainerCgroups cgroups, ContainerConfig config)
    {
        if (!cgroups.Unified || !config.Linux.HasUserNamespace || config.Linux.Namespace(CloneFlags.NEWCGROUP) is not { Path.Length: 0 }) return;
        if (!config.Mounts.Any(mount => mount.Type is "cgroup" or "cgroup2" && (mount.Options.Flags & Ms.RDONLY) == 0)) return;
        if (config.Linux.Ids.Uids.FirstOrDefault(mapping => mapping.Inside == 0) is not { } root) return;
        var path = cgroups.Directories[0].Path;
        var files = Kernel.TryReadText("/sys/kernel/cgroup/delegate")?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? Usual;
        Kernel.SetOwner(path, root.Outside);
        foreach (var file in files)
            if (cgroups.Directories[0].Has(file))
                Kernel.SetOwner($"{path}/{file}", root.Outside);
    }
}
