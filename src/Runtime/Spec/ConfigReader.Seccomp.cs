namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    const uint Eperm = 1;
    const uint ReturnData = 0xFFFF; // SECCOMP_RET_DATA

    static SeccompSpec? Seccomp(ref JsonWalk walk)
    {
        string? defaultAction = null;
        uint? defaultErrno = null;
        ulong flags = 0;
        List<string> architectures = [];
        List<SeccompRule> rules = [];
        var any = false;
        for (walk.Enter(); walk.Field() is { } name; any = true)
        {
            switch (name)
            {
                case "defaultAction": defaultAction = walk.String(); break;
                case "defaultErrnoRet": defaultErrno = walk.UInt(); break;
                case "architectures": architectures = walk.Strings(); break;
                case "flags":
                    for (walk.EnterArray(); walk.Element();) flags |= FilterFlag(ref walk);
                    break;
                case "syscalls":
                    for (walk.EnterArray(); walk.Element();) rules.Add(SeccompRule(ref walk));
                    break;
                case "listenerPath" or "listenerMetadata": walk.Refuse("seccomp notification is not supported"); break;
                default: walk.Unknown(); break;
            }
        }

        if (!any) return null;
        if (defaultAction is null) throw new ConfigException("linux.seccomp.defaultAction", "is missing");
        return new SeccompSpec
        {
            DefaultAction = Action("linux.seccomp.defaultAction", defaultAction, defaultErrno),
            CoversX64 = architectures.Count == 0 || architectures.Contains("SCMP_ARCH_X86_64"),
            Flags = flags,
            Rules = rules,
        };
    }

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
        return new SeccompRule(names, Action(field + ".action", action, errno), arguments);
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
    static SeccompAction Action(string field, string action, uint? errno) => action switch
    {
        "SCMP_ACT_ALLOW" => new(0x7FFF0000),
        "SCMP_ACT_ERRNO" => new(0x00050000 | ((errno ?? Eperm) & ReturnData)),
        "SCMP_ACT_TRACE" => new(0x7FF00000 | ((errno ?? Eperm) & ReturnData)),
        "SCMP_ACT_LOG" => new(0x7FFC0000),
        "SCMP_ACT_TRAP" => new(0x00030000),
        "SCMP_ACT_KILL" or "SCMP_ACT_KILL_THREAD" => new(0x00000000),
        "SCMP_ACT_KILL_PROCESS" => new(0x80000000),
        "SCMP_ACT_NOTIFY" => throw new ConfigException(field, "seccomp notification is not supported"),
        _ => throw new ConfigException(field, $"unknown action '{action}'"),
    };

    static ulong FilterFlag(ref JsonWalk walk) => walk.String() switch
    {
        "SECCOMP_FILTER_FLAG_TSYNC" => 0, // one thread: nothing to synchronise
        "SECCOMP_FILTER_FLAG_LOG" => 2,
        "SECCOMP_FILTER_FLAG_SPEC_ALLOW" => 4,
        var other => throw walk.Problem($"the flag {other} is not supported"),
    };
}
