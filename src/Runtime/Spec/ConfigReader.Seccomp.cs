namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    const uint Eperm = 1;
    const uint ReturnData = 0xFFFF; // SECCOMP_RET_DATA
    const ulong WaitKillable = 1 << 5;

    /// <summary>The architectures that profiles may list (config-linux.md, "Seccomp").</summary>
    public static readonly string[] Architectures =
    [
        "SCMP_ARCH_X86", "SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_AARCH64", "SCMP_ARCH_MIPS", "SCMP_ARCH_MIPS64",
        "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64", "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC", "SCMP_ARCH_PPC64",
        "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390", "SCMP_ARCH_S390X", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64", "SCMP_ARCH_RISCV64",
        "SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_M68K", "SCMP_ARCH_SH", "SCMP_ARCH_SHEB",
    ];

    static SeccompSpec? Seccomp(ref JsonWalk walk)
    {
        string? defaultAction = null;
        uint? defaultErrno = null;
        ulong flags = 0;
        string listener = "", metadata = "";
        List<string> architectures = [];
        List<SeccompRule> rules = [];
        var any = false;
        for (walk.Enter(); walk.Field() is { } name; any = true)
        {
            switch (name)
            {
                case "defaultAction": defaultAction = walk.String(); break;
                case "defaultErrnoRet": defaultErrno = walk.UInt(); break;
                case "architectures":
                    for (walk.EnterArray(); walk.Element();) architectures.Add(Architecture(ref walk));
                    break;
                case "flags":
                    for (walk.EnterArray(); walk.Element();) flags |= FilterFlag(ref walk);
                    break;
                case "syscalls":
                    for (walk.EnterArray(); walk.Element();) rules.Add(SeccompRule(ref walk));
                    break;
                case "listenerPath": listener = walk.String(); break;
                case "listenerMetadata": metadata = walk.String(); break;
                default: walk.Unknown(); break;
            }
        }

        if (!any) return null;
        if (defaultAction is null) throw new ConfigException("linux.seccomp.defaultAction", "is missing");
        var spec = new SeccompSpec
        {
            DefaultAction = Action("linux.seccomp.defaultAction", defaultAction, defaultErrno, "defaultErrnoRet"),
            CoversX32 = architectures.Contains("SCMP_ARCH_X32"),
            CoversI386 = architectures.Contains("SCMP_ARCH_X86"),
            Flags = flags,
            Rules = rules,
            ListenerPath = listener,
            ListenerMetadata = metadata,
        };
        return Held(spec);
    }

    // A listener without a rule that needs it is left out, as runc does.
    static SeccompSpec Held(SeccompSpec spec)
    {
        if (spec.DefaultAction.Value == Orchestrator.Runtime.Spec.SeccompAction.Notify)
            throw new ConfigException("linux.seccomp.defaultAction", "SCMP_ACT_NOTIFY can't be the default: the process could not even say that it is there");
        var notifying = spec.Rules.Where(rule => rule.Action.Value == Orchestrator.Runtime.Spec.SeccompAction.Notify).ToList();
        if (notifying.Any(rule => rule.Names.Contains("write")))
            throw new ConfigException("linux.seccomp.syscalls", "SCMP_ACT_NOTIFY cannot be used for the write syscall: the process has to say with it that it is there");
        if (notifying.Count > 0 && !spec.Notifies) throw new ConfigException("linux.seccomp.listenerPath", "is missing: a rule has SCMP_ACT_NOTIFY");
        if (notifying.Count == 0) spec = spec with { ListenerPath = "", ListenerMetadata = "" };
        if (spec.Notifies && !spec.ListenerPath.StartsWith('/')) throw new ConfigException("linux.seccomp.listenerPath", "must be an absolute path");
        if (!spec.Notifies && spec.ListenerMetadata.Length > 0) throw new ConfigException("linux.seccomp.listenerMetadata", "needs listenerPath");
        if ((spec.Flags & WaitKillable) != 0 && !spec.Notifies)
            throw new ConfigException("linux.seccomp.flags", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with SCMP_ACT_NOTIFY");
        return spec;
    }

    // Others than those of this machine can't occur on it; their names must still be right.
    static string Architecture(ref JsonWalk walk) => walk.String() is var name && Architectures.Contains(name)
        ? name : throw walk.Problem($"unknown architecture '{name}'");

    static SeccompRule SeccompRule(ref JsonWalk walk)
    {
        string field = walk.Path, action = "";
        uint? errno = null;
        List<string> names = [];
        List<SeccompArgument> arguments = [];
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "names": names = walk.Strings(); break;
                case "action": action = walk.String(); break;
                case "errnoRet": errno = walk.UInt(); break;
                case "args":
                    for (walk.EnterArray(); walk.Element();) arguments.Add(SeccompArgument(ref walk));
                    break;
                default: walk.Unknown(); break;
            }
        }

        if (names.Count == 0) throw new ConfigException(field + ".names", "is empty");
        return new SeccompRule(names, Action(field + ".action", action, errno, "errnoRet"), arguments);
    }

    static SeccompArgument SeccompArgument(ref JsonWalk walk)
    {
        string field = walk.Path, op = "";
        uint index = 0;
        ulong value = 0, valueTwo = 0;
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "index": index = walk.UInt(); break;
                case "value": value = walk.ULong(); break;
                case "valueTwo": valueTwo = walk.ULong(); break;
                case "op": op = walk.String(); break;
                default: walk.Unknown(); break;
            }
        }

        if (index > 5) throw new ConfigException(field + ".index", "a system call has arguments 0 to 5");
        var comparison = op switch
        {
            "SCMP_CMP_NE" => SeccompComparison.NotEqual,
            "SCMP_CMP_LT" => SeccompComparison.Less,
            "SCMP_CMP_LE" => SeccompComparison.LessOrEqual,
            "SCMP_CMP_EQ" => SeccompComparison.Equal,
            "SCMP_CMP_GE" => SeccompComparison.GreaterOrEqual,
            "SCMP_CMP_GT" => SeccompComparison.Greater,
            "SCMP_CMP_MASKED_EQ" => SeccompComparison.MaskedEqual,
            _ => throw new ConfigException(field + ".op", $"unknown comparison '{op}'"),
        };
        return new SeccompArgument((int)index, value, valueTwo, comparison);
    }

    // Return values of include/uapi/linux/seccomp.h; where an errno is not given, EPERM is what the specification says.
    static SeccompAction Action(string field, string action, uint? errno, string errnoField)
    {
        uint value = action switch
        {
            "SCMP_ACT_ALLOW" => 0x7FFF0000,
            "SCMP_ACT_ERRNO" => 0x00050000 | ((errno ?? Eperm) & ReturnData),
            "SCMP_ACT_TRACE" => 0x7FF00000 | ((errno ?? Eperm) & ReturnData),
            "SCMP_ACT_LOG" => 0x7FFC0000,
            "SCMP_ACT_TRAP" => 0x00030000,
            "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => 0x00000000,
            "SCMP_ACT_KILL_PROCESS" => 0x80000000,
            "SCMP_ACT_NOTIFY" => Orchestrator.Runtime.Spec.SeccompAction.Notify,
            _ => throw new ConfigException(field, $"unknown action '{action}'"),
        };
        if (errno is > 0 && action is not ("SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE"))
            throw new ConfigException(field, $"{action} takes no {errnoField}");
        if (errno > ReturnData) throw new ConfigException(field, $"{errnoField} must be at most {ReturnData}");
        return new SeccompAction(value);
    }

    static ulong FilterFlag(ref JsonWalk walk) => walk.String() switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => 0, // one thread: nothing to synchronise
        "SECCOMP_FILTER_FLAG_LOG" => 2,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => 4,
        "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" => WaitKillable,
        var other => throw walk.Problem($"the flag {other} is not supported"),
    };
}
