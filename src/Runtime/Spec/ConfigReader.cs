namespace Orchestrator.Runtime.Spec;

/// <summary>
/// config.json -> ContainerConfig. What orun can't do and what changes isolation is refused by the field's path; what the
/// specification does not know is ignored with a warning, as it demands.
/// </summary>
static partial class ConfigReader
{
    /// <exception cref="ConfigException">The text can't be run as it stands.</exception>
    public static ContainerConfig Read(ReadOnlySpan<byte> text, List<string> warnings)
    {
        var walk = new JsonWalk(text, warnings);
        string? version = null;
        RootSpec? root = null;
        ProcessSpec? process = null;
        string hostname = "", domainname = "";
        List<MountSpec> mounts = [];
        HookSet hooks = new();
        LinuxSpec linux = new();
        SortedDictionary<string, string> annotations = new(StringComparer.Ordinal);
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "ociVersion": version = walk.String(); break;
                case "root": root = Root(ref walk); break;
                case "process": process = Process(ref walk); break;
                case "hostname": hostname = walk.String(); break;
                case "domainname": domainname = walk.String(); break;
                case "mounts": mounts = Mounts(ref walk); break;
                case "hooks": hooks = Hooks(ref walk); break;
                case "annotations": annotations = walk.StringMap(); break;
                case "linux": linux = Linux(ref walk); break;
                case "solaris" or "windows" or "vm" or "zos" or "freebsd": walk.Refuse("only Linux containers are supported"); break;
                default: walk.Unknown(); break;
            }
        }

        if (version is null) throw new ConfigException("ociVersion", "is missing");
        if (!version.StartsWith("1.", StringComparison.Ordinal))
            throw new ConfigException("ociVersion", $"{version} is not supported, 1.x is");
        if (root is null) throw new ConfigException("root", "is missing");
        var config = new ContainerConfig
        {
            OciVersion = version, Root = root, Process = process, Hostname = hostname, Domainname = domainname,
            Mounts = mounts, Hooks = hooks, Annotations = annotations, Linux = linux,
        };
        NamespaceRules.Hold(config);
        return config;
    }

    static RootSpec Root(ref JsonWalk walk)
    {
        var path = "";
        var readOnly = false;
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "path": path = walk.String(); break;
                case "readonly": readOnly = walk.Bool(); break;
                default: walk.Unknown(); break;
            }
        }

        return path.Length == 0 ? throw new ConfigException("root.path", "is missing") : new RootSpec(path, readOnly);
    }

    static List<MountSpec> Mounts(ref JsonWalk walk)
    {
        var mounts = new List<MountSpec>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, destination = "", type = "", source = "";
            List<string> options = [];
            var ids = IdMappings.None;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "destination": destination = walk.String(); break;
                    case "type": type = walk.String(); break;
                    case "source": source = walk.String(); break;
                    case "options": options = walk.Strings(); break;
                    case "uidMappings": ids = ids with { Uids = IdMappingList(ref walk) }; break;
                    case "gidMappings": ids = ids with { Gids = IdMappingList(ref walk) }; break;
                    default: walk.Unknown(); break;
                }
            }

            mounts.Add(Mount(field, destination, type, source, options) with { Ids = ids });
        }

        return mounts;
    }

    static MountSpec Mount(string field, string destination, string type, string source, List<string> options)
    {
        if (destination.Length == 0) throw new ConfigException(field + ".destination", "is missing");
        if (destination.Split('/').All(part => part is "" or "." or ".."))
            throw new ConfigException(field + ".destination", "a mount over the root itself is not supported");
        if (destination.Split('/').Contains("..")) throw new ConfigException(field + ".destination", "must not contain '..'");
        var parsed = MountOptions.Parse(field + ".options", options);
        if (type == "bind" && !parsed.IsBind) parsed = parsed with { IsBind = true };
        if (parsed.IsBind && source.Length == 0) throw new ConfigException(field + ".source", "a bind needs a source");
        if (parsed.IsBind && parsed.Data.Length > 0)
            throw new ConfigException(field + ".options", $"a bind does not take {parsed.Data}");
        if (parsed.CopiesUp && (parsed.IsBind || type != "tmpfs")) throw new ConfigException(field + ".options", "tmpcopyup is for a tmpfs");
        if (!parsed.IsBind && type.Length == 0) throw new ConfigException(field + ".type", "is missing");
        ProcRule.Hold(field, destination, type, source);
        return new MountSpec(destination, parsed.IsBind ? "bind" : type, source, parsed) { Field = field };
    }

    static HookSet Hooks(ref JsonWalk walk)
    {
        List<Hook> prestart = [], createRuntime = [], createContainer = [], startContainer = [], poststart = [], poststop = [];
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "prestart": prestart = HookList(ref walk, name); break;
                case "createRuntime": createRuntime = HookList(ref walk, name); break;
                case "poststart": poststart = HookList(ref walk, name); break;
                case "poststop": poststop = HookList(ref walk, name); break;
                case "createContainer": createContainer = HookList(ref walk, name); break;
                case "startContainer": startContainer = HookList(ref walk, name); break;
                default: walk.Unknown(); break;
            }
        }

        return new HookSet
        {
            BeforePivot = [.. prestart, .. createRuntime], CreateContainer = createContainer, StartContainer = startContainer,
            Poststart = poststart, Poststop = poststop,
        };
    }

    static List<Hook> HookList(ref JsonWalk walk, string kind)
    {
        var hooks = new List<Hook>();
        for (walk.EnterArray(); walk.Element();)
        {
            string field = walk.Path, path = "";
            List<string> args = [];
            List<string>? env = null;
            int? timeout = null;
            for (walk.Enter(); walk.Field() is { } name;)
            {
                switch (name)
                {
                    case "path": path = walk.String(); break;
                    case "args": args = walk.Strings(); break;
                    case "env": env = walk.Strings(); break;
                    case "timeout":
                        timeout = walk.Long() is > 0 and <= int.MaxValue / 1000 and var seconds
                            ? (int)seconds : throw walk.Problem("must be a number of seconds above 0");
                        break;
                    default: walk.Unknown(); break;
                }
            }

            if (!path.StartsWith('/')) throw new ConfigException(field + ".path", "must be an absolute path");
            hooks.Add(new Hook(kind, path, args.Count > 0 ? args : [path], env, timeout));
        }

        return hooks;
    }
}
