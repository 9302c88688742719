namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    const uint MostUmask = 0x1FF; // 0777
    const int LeastOomScore = -1000, MostOomScore = 1000;

    // proc(5), resource numbers of include/uapi/asm-generic/resource.h.
    static readonly string[] RlimitNames =
    [
        "RLIMIT_CPU", "RLIMIT_FSIZE", "RLIMIT_DATA", "RLIMIT_STACK", "RLIMIT_CORE", "RLIMIT_RSS", "RLIMIT_NPROC", "RLIMIT_NOFILE",
        "RLIMIT_MEMLOCK", "RLIMIT_AS", "RLIMIT_LOCKS", "RLIMIT_SIGPENDING", "RLIMIT_MSGQUEUE", "RLIMIT_NICE", "RLIMIT_RTPRIO", "RLIMIT_RTTIME",
    ];

    /// <summary>Reads a process.json, as `exec --process` takes it.</summary>
    /// <exception cref="ConfigException">The text can't be run as it stands.</exception>
    public static ProcessSpec ReadProcess(ReadOnlySpan<byte> text, List<string> warnings)
    {
        var walk = new JsonWalk(text, warnings);
        return Process(ref walk);
    }

    static ProcessSpec Process(ref JsonWalk walk)
    {
        var process = new ProcessSpec { Cwd = "" };
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "terminal": process = process with { Terminal = walk.Bool() }; break;
                case "consoleSize": process = process with { ConsoleSize = ConsoleSize(ref walk) }; break;
                case "cwd":
                    process = process with { Cwd = walk.String() };
                    if (!process.Cwd.StartsWith('/')) throw walk.Problem("must be an absolute path");
                    break;
                case "env": process = process with { Env = walk.Strings() }; break;
                case "args": process = process with { Args = walk.Strings() }; break;
                case "user": process = process with { User = User(ref walk) }; break;
                case "capabilities": process = process with { Capabilities = Capabilities(ref walk) }; break;
                case "rlimits": process = process with { Rlimits = Rlimits(ref walk) }; break;
                case "noNewPrivileges": process = process with { NoNewPrivileges = walk.Bool() }; break;
                case "oomScoreAdj":
                    process = process with
                    {
                        OomScoreAdj = walk.Long() is >= LeastOomScore and <= MostOomScore and var score
                            ? (int)score : throw walk.Problem("must be from -1000 to 1000"),
                    };
                    break;
                case "commandLine": walk.Refuse("only Linux containers are supported"); break;
                case "apparmorProfile": process = process with { AppArmorProfile = walk.String() }; break;
                case "selinuxLabel": process = process with { SelinuxLabel = walk.String() }; break;
                case "scheduler": process = process with { Scheduler = Scheduler(ref walk) }; break;
                case "ioPriority": process = process with { IoPriority = IoPriority(ref walk) }; break;
                case "execCPUAffinity": process = process with { ExecAffinity = ExecAffinity(ref walk) }; break;
                default: walk.Unknown(); break;
            }
        }

        if (process.Cwd.Length == 0) throw new ConfigException("process.cwd", "is missing");
        return process;
    }

    static (uint Rows, uint Columns)? ConsoleSize(ref JsonWalk walk)
    {
        uint rows = 0, columns = 0;
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "height": rows = walk.UInt(); break;
                case "width": columns = walk.UInt(); break;
                default: walk.Unknown(); break;
            }
        }

        return rows is 0 or > ushort.MaxValue || columns is 0 or > ushort.MaxValue ? null : (rows, columns);
    }

    static UserSpec User(ref JsonWalk walk)
    {
        uint uid = 0, gid = 0;
        uint? umask = null;
        var groups = new List<uint>();
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "uid": uid = Id(ref walk); break;
                case "gid": gid = Id(ref walk); break;
                case "umask":
                    umask = walk.UInt();
                    if (umask > MostUmask) throw walk.Problem("must be at most 0777 (511)");
                    break;
                case "additionalGids":
                    for (walk.EnterArray(); walk.Element();) groups.Add(Id(ref walk));
                    break;
                case "username": walk.Refuse("only Linux containers are supported"); break;
                default: walk.Unknown(); break;
            }
        }

        return new UserSpec(uid, gid, umask, groups);
    }

    // 4294967295 means "leave as it is" to setresuid(2): taken as an id, it would keep root.
    static uint Id(ref JsonWalk walk) =>
        walk.UInt() is var id && id == uint.MaxValue ? throw walk.Problem("4294967295 is not an id") : id;

    static CapabilitySpec Capabilities(ref JsonWalk walk)
    {
        var sets = new CapabilitySpec(0, 0, 0, 0, 0);
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "bounding": sets = sets with { Bounding = CapabilityMask(ref walk) }; break;
                case "effective": sets = sets with { Effective = CapabilityMask(ref walk) }; break;
                case "permitted": sets = sets with { Permitted = CapabilityMask(ref walk) }; break;
                case "inheritable": sets = sets with { Inheritable = CapabilityMask(ref walk) }; break;
                case "ambient": sets = sets with { Ambient = CapabilityMask(ref walk) }; break;
                default: walk.Unknown(); break;
            }
        }

        if ((sets.Effective & ~sets.Permitted) is var effective and not 0)
            throw new ConfigException("process.capabilities.effective", $"not permitted: {CapabilityNames.InWords(effective)}");
        if ((sets.Ambient & ~(sets.Permitted & sets.Inheritable)) is var ambient and not 0)
            throw new ConfigException("process.capabilities.ambient", $"not permitted and inheritable: {CapabilityNames.InWords(ambient)}");
        return sets;
    }

    static ulong CapabilityMask(ref JsonWalk walk)
    {
        ulong mask = 0;
        for (walk.EnterArray(); walk.Element();)
        {
            var name = walk.String();
            var number = CapabilityNames.Number(name);
            // What can't be granted is a warning, not an error (config.md, "capabilities").
            if (number < 0) walk.Warn($"unknown capability {name} is left out");
            else mask |= 1UL << number;
        }

        return mask;
    }

    static List<Rlimit> Rlimits(ref JsonWalk walk)
    {
        var limits = new List<Rlimit>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, type = "";
            ulong soft = 0, hard = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "type": type = walk.String(); break;
                    case "soft": soft = walk.ULong(); break;
                    case "hard": hard = walk.ULong(); break;
                    default: walk.Unknown(); break;
                }
            }

            var number = Array.IndexOf(RlimitNames, type);
            if (number < 0) throw new ConfigException(field + ".type", $"unknown limit '{type}'");
            if (soft > hard) throw new ConfigException(field + ".soft", $"{type}: the soft limit is above the hard one");
            if (limits.Any(other => other.Number == number)) throw new ConfigException(field + ".type", $"{type} stands twice");
            limits.Add(new Rlimit(type, number, soft, hard));
        }

        return limits;
    }
}
