using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Spec;

/// <summary>
/// The part of config.json that orun runs (OCI runtime-spec 1.2, config.md and config-linux.md). What is not here was refused
/// by name when it was read, or changes nothing about isolation.
/// </summary>
sealed record ContainerConfig
{
    public required string OciVersion { get; init; }
    public required RootSpec Root { get; init; }

    /// <summary>Null: the container has no program yet; it can't be created.</summary>
    public ProcessSpec? Process { get; init; }

    public string Hostname { get; init; } = "";
    public string Domainname { get; init; } = "";
    public IReadOnlyList<MountSpec> Mounts { get; init; } = [];
    public HookSet Hooks { get; init; } = new();
    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new SortedDictionary<string, string>();
    public LinuxSpec Linux { get; init; } = new();
}

sealed record RootSpec(string Path, bool ReadOnly);

sealed record ProcessSpec
{
    public bool Terminal { get; init; }

    /// <summary>Rows and columns; null: the kernel's default of none.</summary>
    public (uint Rows, uint Columns)? ConsoleSize { get; init; }

    public required string Cwd { get; init; }

    /// <summary>NAME=value; of a name that stands twice, the last.</summary>
    public IReadOnlyList<string> Env { get; init => field = LastOfEach(value); } = [];

    public IReadOnlyList<string> Args { get; init; } = [];
    public UserSpec User { get; init; } = new(0, 0, null, []);

    /// <summary>Null: no capability at all.</summary>
    public CapabilitySpec? Capabilities { get; init; }

    public IReadOnlyList<Rlimit> Rlimits { get; init; } = [];
    public bool NoNewPrivileges { get; init; }
    public int? OomScoreAdj { get; init; }
    public SchedulerSpec? Scheduler { get; init; }

    /// <summary>Class and priority as ioprio_set(2) takes them; null: inherited.</summary>
    public int? IoPriority { get; init; }

    public ExecAffinitySpec ExecAffinity { get; init; } = new(null, null);

    /// <summary>Empty: none is asked for.</summary>
    public string AppArmorProfile { get; init; } = "";

    /// <summary>Empty: none is asked for.</summary>
    public string SelinuxLabel { get; init; } = "";

    static List<string> LastOfEach(IReadOnlyList<string> env)
    {
        var last = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < env.Count; i++) last[Name(env[i])] = i;
        return [.. env.Where((entry, i) => last[Name(entry)] == i)];
    }

    static string Name(string entry) => entry.IndexOf('=') is >= 0 and var end ? entry[..end] : entry;
}

/// <summary>sched_setattr(2): policy and flags by the kernel's numbers; times in nanoseconds.</summary>
sealed record SchedulerSpec(uint Policy, ulong Flags, int Nice, uint Priority, ulong Runtime, ulong Deadline, ulong Period);

/// <summary>CPU masks as sched_setaffinity(2) takes them: before an executed process enters the container's cgroup, and after. Null: left as it is.</summary>
sealed record ExecAffinitySpec(byte[]? Initial, byte[]? Final);

sealed record UserSpec(uint Uid, uint Gid, uint? Umask, IReadOnlyList<uint> AdditionalGids);

/// <summary>Capability sets as bit masks of capability numbers (capabilities(7)).</summary>
sealed record CapabilitySpec(ulong Bounding, ulong Effective, ulong Permitted, ulong Inheritable, ulong Ambient);

sealed record Rlimit(string Name, int Number, ulong Soft, ulong Hard);

sealed record MountSpec(string Destination, string Type, string Source, MountOptions Options)
{
    /// <summary>The field's path in config.json, for messages.</summary>
    public required string Field { get; init; }

    /// <summary>Whose ids the files show; empty with an idmap option: the container's user namespace's.</summary>
    public IdMappings Ids { get; init; } = IdMappings.None;

    /// <summary>True if the files show other owners than they have.</summary>
    public bool IsIdMapped => Ids.Any || Options.MapsIds;
}

sealed record HookSet
{
    /// <summary>prestart and createRuntime, in that order: both run in the runtime's namespaces before pivot_root.</summary>
    public IReadOnlyList<Hook> BeforePivot { get; init; } = [];

    /// <summary>Run after those, in the container's namespaces, by paths of the runtime's.</summary>
    public IReadOnlyList<Hook> CreateContainer { get; init; } = [];

    /// <summary>Run in the container, by its paths, before its program.</summary>
    public IReadOnlyList<Hook> StartContainer { get; init; } = [];

    public IReadOnlyList<Hook> Poststart { get; init; } = [];
    public IReadOnlyList<Hook> Poststop { get; init; } = [];
}

/// <summary>A program run at a moment of the container's life; gets the state on its stdin. Without Env it gets orun's own.</summary>
sealed record Hook(string Kind, string Path, IReadOnlyList<string> Args, IReadOnlyList<string>? Env, int? TimeoutSeconds);

sealed record LinuxSpec
{
    public IReadOnlyList<NamespaceSpec> Namespaces { get; init; } = [];
    public IReadOnlyList<DeviceSpec> Devices { get; init; } = [];

    /// <summary>What a new user namespace maps.</summary>
    public IdMappings Ids { get; init; } = IdMappings.None;

    /// <summary>What a new time namespace's clocks are ahead of the host's.</summary>
    public IReadOnlyList<TimeOffset> TimeOffsets { get; init; } = [];

    /// <summary>Empty: chosen by orun.</summary>
    public string CgroupsPath { get; init; } = "";

    public ResourceSpec Resources { get; init; } = new();

    /// <summary>None: private.</summary>
    public Ms RootfsPropagation { get; init; }

    public SeccompSpec? Seccomp { get; init; }

    /// <summary>An execution domain of personality(2); null: inherited.</summary>
    public uint? Personality { get; init; }

    public IReadOnlyDictionary<string, string> Sysctl { get; init; } = new SortedDictionary<string, string>();
    public IReadOnlyList<string> MaskedPaths { get; init; } = [];
    public IReadOnlyList<string> ReadonlyPaths { get; init; } = [];

    /// <summary>True if the process gets a user namespace that is not the launcher's own.</summary>
    public bool HasUserNamespace => Namespace(CloneFlags.NEWUSER) is not null;

    public NamespaceSpec? Namespace(CloneFlags kind) => Namespaces.FirstOrDefault(ns => ns.Kind == kind);
}

/// <summary>Ids from Inside on are, Size of them, the host's from Outside on (user_namespaces(7)).</summary>
sealed record IdMapping(uint Inside, uint Outside, uint Size);

/// <summary>The mappings of a user namespace: user and group ids.</summary>
sealed record IdMappings(IReadOnlyList<IdMapping> Uids, IReadOnlyList<IdMapping> Gids)
{
    public static readonly IdMappings None = new([], []);

    public bool Any => Uids.Count + Gids.Count > 0;
}

/// <summary>Clock is monotonic or boottime, as /proc/PID/timens_offsets names them (time_namespaces(7)).</summary>
sealed record TimeOffset(string Clock, long Seconds, uint Nanoseconds);

/// <summary>Path empty: a new namespace; else the one to join.</summary>
sealed record NamespaceSpec(CloneFlags Kind, string Name, string Path);

/// <summary>A device node; Type is the S_IF* bits.</summary>
sealed record DeviceSpec(string Path, uint Type, uint Major, uint Minor, uint Mode, uint Uid, uint Gid);

/// <summary>Limits; null means: not set.</summary>
sealed record ResourceSpec
{
    public MemorySpec Memory { get; init; } = new();
    public CpuSpec Cpu { get; init; } = new();
    public long? PidsLimit { get; init; }
    public IReadOnlyList<DeviceRule> Devices { get; init; } = [];

    public IoSpec Io { get; init; } = new();

    /// <summary>Bytes by page size, such as 2MB.</summary>
    public IReadOnlyList<(string PageSize, ulong Limit)> HugePages { get; init; } = [];

    /// <summary>Handles and objects of each RDMA device; null: not said.</summary>
    public IReadOnlyList<(string Device, uint? Handles, uint? Objects)> Rdma { get; init; } = [];

    /// <summary>What packets are marked with (net_cls).</summary>
    public uint? NetworkClass { get; init; }

    /// <summary>By interface (net_prio).</summary>
    public IReadOnlyList<(string Interface, uint Priority)> NetworkPriorities { get; init; } = [];

    /// <summary>cgroup v2 files and the values to write into them.</summary>
    public IReadOnlyDictionary<string, string> Unified { get; init; } = new SortedDictionary<string, string>();
}

/// <summary>Bytes; -1 is without limit. Swap is memory and swap together, as cgroup v1 counts.</summary>
sealed record MemorySpec
{
    public long? Limit { get; init; }
    public long? Reservation { get; init; }
    public long? Swap { get; init; }
    public ulong? Swappiness { get; init; }
    public bool DisableOomKiller { get; init; }

    /// <summary>True: a limit below what is used is an error, not the end of processes.</summary>
    public bool CheckBeforeUpdate { get; init; }
}

/// <summary>Weights as v1 has them, 10 to 1000; rates in bytes or operations a second.</summary>
sealed record IoSpec
{
    public uint? Weight { get; init; }
    public uint? LeafWeight { get; init; }
    public IReadOnlyList<IoWeight> Weights { get; init; } = [];
    public IReadOnlyList<IoRate> Rates { get; init; } = [];
}

sealed record IoWeight(uint Major, uint Minor, uint? Weight, uint? LeafWeight);

sealed record IoRate(IoLimit Limit, uint Major, uint Minor, ulong Rate);

enum IoLimit
{
    ReadBytes,
    WriteBytes,
    ReadOperations,
    WriteOperations,
}

/// <summary>Quota, Period and Burst in microseconds.</summary>
sealed record CpuSpec
{
    public ulong? Shares { get; init; }
    public long? Quota { get; init; }
    public ulong? Period { get; init; }
    public ulong? Burst { get; init; }
    public long? Idle { get; init; }

    /// <summary>Microseconds of each RealtimePeriod; v1 only.</summary>
    public long? RealtimeRuntime { get; init; }

    public ulong? RealtimePeriod { get; init; }
    public string Cpus { get; init; } = "";
    public string Mems { get; init; } = "";
}

/// <summary>Type is a, b or c; null numbers mean any.</summary>
sealed record DeviceRule(bool Allow, char Type, long? Major, long? Minor, string Access);

sealed record SeccompSpec
{
    public required SeccompAction DefaultAction { get; init; }

    /// <summary>True if SCMP_ARCH_X32 is listed. x86-64, the machine's own, always counts.</summary>
    public bool CoversX32 { get; init; }

    /// <summary>True if SCMP_ARCH_X86 is listed.</summary>
    public bool CoversI386 { get; init; }

    /// <summary>SECCOMP_FILTER_FLAG_* bits.</summary>
    public ulong Flags { get; init; }

    public IReadOnlyList<SeccompRule> Rules { get; init; } = [];

    /// <summary>The unix socket of the agent that answers notified calls; empty: no rule notifies.</summary>
    public string ListenerPath { get; init; } = "";

    /// <summary>What the agent is told along, as it stands.</summary>
    public string ListenerMetadata { get; init; } = "";

    public bool Notifies => ListenerPath.Length > 0;
}

/// <summary>The filter's return value: SECCOMP_RET_* with its data (seccomp(2)).</summary>
readonly record struct SeccompAction(uint Value)
{
    public const uint Notify = 0x7FC00000; // SECCOMP_RET_USER_NOTIF
}

sealed record SeccompRule(IReadOnlyList<string> Names, SeccompAction Action, IReadOnlyList<SeccompArgument> Arguments);

enum SeccompComparison
{
    NotEqual,
    Less,
    LessOrEqual,
    Equal,
    GreaterOrEqual,
    Greater,
    MaskedEqual,
}

/// <summary>For MaskedEqual: (argument AND Value) equals ValueTwo.</summary>
sealed record SeccompArgument(int Index, ulong Value, ulong ValueTwo, SeccompComparison Comparison);
