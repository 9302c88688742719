using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>All that the plan of a new container depends on: the configuration and what is so on this host.</summary>
sealed record LaunchRequest
{
    public required ContainerConfig Config { get; init; }

    /// <summary>Absolute: relative paths of the configuration start here.</summary>
    public required string Bundle { get; init; }

    public required HostFacts Host { get; init; }
    public required CgroupMembership Cgroups { get; init; }

    /// <summary>The session keyring's name suffix.</summary>
    public required string Id { get; init; }

    /// <summary>True for create: the process waits for start before it executes its program.</summary>
    public bool WaitsForStart { get; init; }

    /// <summary>True: chroot after a move instead of pivot_root, for a root file system in the initial ram disk.</summary>
    public bool NoPivot { get; init; }

    /// <summary>True: no session keyring is made.</summary>
    public bool KeepsKeyring { get; init; }

    /// <summary>Descriptors above 2 that the program keeps.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>
    /// Paths of trees that the launcher has made before, attached nowhere, by the field of what they are for: "root" or a mount.
    /// </summary>
    public IReadOnlyDictionary<string, string> Prepared { get; init; } = new Dictionary<string, string>();
}

/// <summary>A further process in a running container.</summary>
sealed record ExecRequest
{
    public required ProcessSpec Process { get; init; }
    public required HostFacts Host { get; init; }
    public required CgroupMembership Cgroups { get; init; }
    public required string Id { get; init; }

    /// <summary>The container's namespaces that differ from this process's own, without pid.</summary>
    public required CloneFlags Namespaces { get; init; }

    /// <summary>The container's own, for its seccomp filter and execution domain.</summary>
    public required LinuxSpec Linux { get; init; }

    public int PreservedDescriptors { get; init; }
}

/// <summary>What the plan has to know of the host.</summary>
/// <param name="Capabilities">The launcher's permitted set: others can't be given.</param>
/// <param name="LastCapability">The highest number this kernel knows.</param>
/// <param name="FileSources">Bind sources (absolute) that are no directories.</param>
/// <param name="HasKcore">Whether /proc/kcore exists, to which /dev/core points.</param>
sealed record HostFacts(ulong Capabilities, int LastCapability, IReadOnlySet<string> FileSources, bool HasKcore)
{
    public bool HasAppArmor { get; init; }

    /// <summary>Where proc and sysfs are mounted, the innermost first; only looked up for --no-pivot.</summary>
    public IReadOnlyList<string> KernelMounts { get; init; } = [];

    public bool HasSelinux { get; init; }
}

/// <summary>How the process enters its cgroups and what of them it may see.</summary>
/// <param name="TaskFiles">cgroup v1: the `tasks` files into which it writes itself.</param>
/// <param name="View">What a mount of type cgroup shows.</param>
sealed record CgroupMembership(IReadOnlyList<TaskFile> TaskFiles, CgroupView View);

sealed record TaskFile(string Controllers, string Path);

/// <summary>What a mount of type cgroup shows: one cgroup2 mount if Unified, else a directory for each hierarchy.</summary>
sealed record CgroupView(bool Unified, IReadOnlyList<CgroupViewMount> Mounts);

/// <param name="Name">The directory it is shown as, such as "cpu,cpuacct".</param>
/// <param name="Directory">The container's own cgroup on the host, bound when it has no cgroup namespace.</param>
sealed record CgroupViewMount(string Name, string Directory);
