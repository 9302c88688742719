namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    /// <summary>Reads what linux.resources holds, as `update --resources` takes it.</summary>
    /// <exception cref="ConfigException">The text can't be applied as it stands.</exception>
    public static ResourceSpec ReadResources(ReadOnlySpan<byte> text, List<string> warnings)
    {
        var walk = new JsonWalk(text, warnings);
        return Resources(ref walk);
    }

    static ResourceSpec Resources(ref JsonWalk walk)
    {
        var resources = new ResourceSpec();
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "memory": resources = resources with { Memory = Memory(ref walk) }; break;
                case "cpu": resources = resources with { Cpu = Cpu(ref walk) }; break;
                case "pids": resources = resources with { PidsLimit = Pids(ref walk) }; break;
                case "devices": resources = resources with { Devices = DeviceRules(ref walk) }; break;
                case "unified": resources = resources with { Unified = Unified(ref walk) }; break;
                case "blockIO": resources = resources with { Io = Io(ref walk) }; break;
                case "hugepageLimits": resources = resources with { HugePages = HugePages(ref walk) }; break;
                case "network": Network(ref walk, ref resources); break;
                case "rdma": resources = resources with { Rdma = Rdma(ref walk) }; break;
                default: walk.Unknown(); break;
            }
        }

        return resources;
    }

    static MemorySpec Memory(ref JsonWalk walk)
    {
        var memory = new MemorySpec();
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "limit": memory = memory with { Limit = Bytes(ref walk) }; break;
                case "reservation": memory = memory with { Reservation = Bytes(ref walk) }; break;
                case "swap": memory = memory with { Swap = Bytes(ref walk) }; break;
                case "swappiness":
                    memory = memory with { Swappiness = walk.ULong() };
                    if (memory.Swappiness > 100) throw walk.Problem("must be from 0 to 100");
                    break;
                case "disableOOMKiller": memory = memory with { DisableOomKiller = walk.Bool() }; break;
                case "kernel" or "kernelTCP": walk.Refuse("kernel memory limits are gone from the kernel"); break;
                case "checkBeforeUpdate": memory = memory with { CheckBeforeUpdate = walk.Bool() }; break;
                case "useHierarchy": walk.Skip(); break; // the kernel knows no other way any more
                default: walk.Unknown(); break;
            }
        }

        if (memory is { Limit: > 0, Swap: > 0 } && memory.Swap < memory.Limit)
            throw new ConfigException("linux.resources.memory.swap", "memory and swap together must not be below memory.limit");
        return memory;
    }

    static long Bytes(ref JsonWalk walk) =>
        walk.Long() is >= -1 and var bytes ? bytes : throw walk.Problem("must be a number of bytes, or -1 for no limit");

    static CpuSpec Cpu(ref JsonWalk walk)
    {
        var cpu = new CpuSpec();
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "shares": cpu = cpu with { Shares = walk.ULong() }; break;
                case "quota": cpu = cpu with { Quota = walk.Long() }; break;
                case "period": cpu = cpu with { Period = walk.ULong() }; break;
                case "burst": cpu = cpu with { Burst = walk.ULong() }; break;
                case "idle": cpu = cpu with { Idle = walk.Long() }; break;
                case "cpus": cpu = cpu with { Cpus = CpuList(ref walk) }; break;
                case "mems": cpu = cpu with { Mems = CpuList(ref walk) }; break;
                case "realtimeRuntime": cpu = cpu with { RealtimeRuntime = walk.Long() }; break;
                case "realtimePeriod": cpu = cpu with { RealtimePeriod = walk.ULong() }; break;
                default: walk.Unknown(); break;
            }
        }

        return cpu;
    }

    static string CpuList(ref JsonWalk walk)
    {
        var list = walk.String();
        return list.All(c => char.IsAsciiDigit(c) || c is ',' or '-') ? list : throw walk.Problem("must be a list such as 0-2,7");
    }

    static long? Pids(ref JsonWalk walk)
    {
        long? limit = null;
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "limit": limit = walk.Long(); break;
                default: walk.Unknown(); break;
            }
        }

        return limit;
    }

    static List<DeviceRule> DeviceRules(ref JsonWalk walk)
    {
        var rules = new List<DeviceRule>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, type = "a", access = "rwm";
            var allow = false;
            long? major = null, minor = null;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "allow": allow = walk.Bool(); break;
                    case "type": type = walk.String(); break;
                    case "major": major = DeviceNumber(ref walk); break;
                    case "minor": minor = DeviceNumber(ref walk); break;
                    case "access": access = walk.String(); break;
                    default: walk.Unknown(); break;
                }
            }

            if (type is not ("a" or "b" or "c" or "")) throw new ConfigException(field + ".type", $"unknown device type '{type}'");
            if (access.Length == 0 || access.Contains('a')) access = "rwm"; // "a" is in no specification, and the other runtimes take it for all
            if (access.Any(c => c is not ('r' or 'w' or 'm'))) throw new ConfigException(field + ".access", "must be made of r, w and m");
            rules.Add(new DeviceRule(allow, type.Length == 0 ? 'a' : type[0], major, minor, access));
        }

        return rules;
    }

    static long? DeviceNumber(ref JsonWalk walk) => walk.Long() switch
    {
        -1 => null,
        >= 0 and <= uint.MaxValue and var number => number,
        _ => throw walk.Problem("must be a device number, or -1 for any"),
    };

    static SortedDictionary<string, string> Unified(ref JsonWalk walk)
    {
        var values = walk.StringMap();
        foreach (var file in values.Keys)
            if (file.Contains('/') || file.StartsWith("cgroup.", StringComparison.Ordinal))
                throw new ConfigException("linux.resources.unified." + file, "not the name of a limit");
        return values;
    }
}
