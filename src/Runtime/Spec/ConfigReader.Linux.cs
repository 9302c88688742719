using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    const uint CharacterDevice = 0x2000, BlockDevice = 0x6000, Fifo = 0x1000; // S_IFCHR, S_IFBLK, S_IFIFO
    const uint DefaultDeviceMode = 0x1B6; // 0666
    const uint PermissionBits = 0xFFF;

    static LinuxSpec Linux(ref JsonWalk walk)
    {
        var linux = new LinuxSpec();
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "namespaces": linux = linux with { Namespaces = Namespaces(ref walk) }; break;
                case "devices": linux = linux with { Devices = Devices(ref walk) }; break;
                case "cgroupsPath": linux = linux with { CgroupsPath = CgroupsPath(ref walk) }; break;
                case "resources": linux = linux with { Resources = Resources(ref walk) }; break;
                case "rootfsPropagation":
                    var propagation = walk.String();
                    linux = linux with { RootfsPropagation = MountOptions.PropagationOf(propagation) };
                    if (propagation.Length > 0 && linux.RootfsPropagation == Ms.None) throw walk.Problem($"unknown propagation '{propagation}'");
                    break;
                case "seccomp": linux = linux with { Seccomp = Seccomp(ref walk) }; break;
                case "sysctl": linux = linux with { Sysctl = Sysctls(ref walk) }; break;
                case "maskedPaths": linux = linux with { MaskedPaths = AbsolutePaths(ref walk) }; break;
                case "readonlyPaths": linux = linux with { ReadonlyPaths = AbsolutePaths(ref walk) }; break;
                case "uidMappings": linux = linux with { Ids = linux.Ids with { Uids = IdMappingList(ref walk) } }; break;
                case "gidMappings": linux = linux with { Ids = linux.Ids with { Gids = IdMappingList(ref walk) } }; break;
                case "timeOffsets": linux = linux with { TimeOffsets = TimeOffsets(ref walk) }; break;
                case "personality": linux = linux with { Personality = Personality(ref walk) }; break;
                case "mountLabel" or "intelRdt" or "netDevices" or "memoryPolicy": walk.Refuse(); break;
                default: walk.Unknown(); break;
            }
        }

        return linux;
    }

    static List<DeviceSpec> Devices(ref JsonWalk walk)
    {
        var devices = new List<DeviceSpec>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, type = "", path = "";
            uint major = 0, minor = 0, mode = DefaultDeviceMode, uid = 0, gid = 0;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "type": type = walk.String(); break;
                    case "path": path = walk.String(); break;
                    case "major": major = walk.UInt(); break;
                    case "minor": minor = walk.UInt(); break;
                    case "fileMode": mode = walk.UInt() & PermissionBits; break;
                    case "uid": uid = Id(ref walk); break;
                    case "gid": gid = Id(ref walk); break;
                    default: walk.Unknown(); break;
                }
            }

            if (!path.StartsWith('/') || path.EndsWith('/')) throw new ConfigException(field + ".path", "must be an absolute path of a file");
            var kind = type switch
            {
                "c" or "u" => CharacterDevice,
                "b" => BlockDevice,
                "p" => Fifo,
                _ => throw new ConfigException(field + ".type", $"unknown device type '{type}'"),
            };
            devices.Add(new DeviceSpec(path, kind, major, minor, mode, uid, gid));
        }

        return devices;
    }

    static string CgroupsPath(ref JsonWalk walk)
    {
        var path = walk.String();
        if (path.Split('/').Contains("..")) throw walk.Problem("must not contain '..'");
        return path;
    }

    static List<string> AbsolutePaths(ref JsonWalk walk)
    {
        var paths = new List<string>();
        for (walk.EnterArray(); walk.Element();)
        {
            var path = walk.String();
            if (!path.StartsWith('/')) throw walk.Problem("must be an absolute path");
            paths.Add(path);
        }

        return paths;
    }

    static SortedDictionary<string, string> Sysctls(ref JsonWalk walk)
    {
        var settings = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (walk.Enter(); walk.Field() is { } name;)
        {
            var value = walk.String();
            if (!name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '/' or '_' or '-')
                || name.Split('.', '/').Any(part => part.Length == 0))
                throw walk.Problem("not the name of a kernel setting");
            if (name.Replace('/', '.') == "kernel.hostname") throw walk.Problem("is what hostname sets: use that");
            if (value.Any(char.IsControl)) throw walk.Problem("the value contains a control character");
            settings[name] = value;
        }

        return settings;
    }
}
