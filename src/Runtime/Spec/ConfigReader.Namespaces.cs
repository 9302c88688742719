using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    const uint MostNanoseconds = 999_999_999;

    static List<NamespaceSpec> Namespaces(ref JsonWalk walk)
    {
        var namespaces = new List<NamespaceSpec>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, type = "", path = "";
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "type": type = walk.String(); break;
                    case "path": path = walk.String(); break;
                    default: walk.Unknown(); break;
                }
            }

            var kind = type switch
            {
                "pid" => CloneFlags.NEWPID,
                "network" => CloneFlags.NEWNET,
                "mount" => CloneFlags.NEWNS,
                "ipc" => CloneFlags.NEWIPC,
                "uts" => CloneFlags.NEWUTS,
                "cgroup" => CloneFlags.NEWCGROUP,
                "user" => CloneFlags.NEWUSER,
                "time" => CloneFlags.NEWTIME,
                _ => throw new ConfigException(field + ".type", $"unknown namespace '{type}'"),
            };
            if (path.Length > 0 && !path.StartsWith('/')) throw new ConfigException(field + ".path", "must be an absolute path");
            if (namespaces.Any(other => other.Kind == kind)) throw new ConfigException(field + ".type", $"{type} stands twice");
            namespaces.Add(new NamespaceSpec(kind, type, path));
        }

        return namespaces;
    }

    static List<IdMapping> IdMappingList(ref JsonWalk walk)
    {
        var mappings = new List<IdMapping>();
        for (walk.EnterArray(); walk.Element();)
        {
            var field = walk.Path;
            uint inside = 0, outside = 0, size = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "containerID": inside = walk.UInt(); break;
                    case "hostID": outside = walk.UInt(); break;
                    case "size": size = walk.UInt(); break;
                    default: walk.Unknown(); break;
                }
            }

            if (size == 0) throw new ConfigException(field + ".size", "must be above 0");
            if ((ulong)inside + size > uint.MaxValue || (ulong)outside + size > uint.MaxValue)
                throw new ConfigException(field, "reaches beyond the last id, 4294967294");
            mappings.Add(new IdMapping(inside, outside, size));
        }

        return mappings;
    }

    static List<TimeOffset> TimeOffsets(ref JsonWalk walk)
    {
        var offsets = new List<TimeOffset>();
        for (walk.Enter(); walk.Field() is { } clock;)
        {
            if (clock is not ("monotonic" or "boottime")) throw walk.Problem($"a time namespace has no clock '{clock}'");
            long seconds = 0;
            uint nanoseconds = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "secs": seconds = walk.Long(); break;
                    case "nanosecs":
                        nanoseconds = walk.UInt();
                        if (nanoseconds > MostNanoseconds) throw walk.Problem("must be below 1000000000");
                        break;
                    default: walk.Unknown(); break;
                }
            }

            offsets.Add(new TimeOffset(clock, seconds, nanoseconds));
        }

        return offsets;
    }
}
