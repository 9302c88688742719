using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Spec;

/// <summary>What the namespaces of a configuration and the fields that depend on them must have of each other.</summary>
static class NamespaceRules
{
    // The launcher, which has more than one thread, can't enter these for its child, and the child can't from its own user namespace.
    const CloneFlags OnlyByTheChild = CloneFlags.NEWNS | CloneFlags.NEWTIME;

    /// <exception cref="ConfigException">Something of them contradicts.</exception>
    public static void Hold(ContainerConfig config)
    {
        var linux = config.Linux;
        var user = linux.Namespace(CloneFlags.NEWUSER);
        if (user is null && linux.Ids.Any)
            throw new ConfigException(linux.Ids.Uids.Count > 0 ? "linux.uidMappings" : "linux.gidMappings", "needs a user namespace in linux.namespaces");
        if (user is { Path.Length: 0 })
        {
            HoldNew(linux.Ids.Uids, "linux.uidMappings");
            HoldNew(linux.Ids.Gids, "linux.gidMappings");
            if (linux.Namespaces.FirstOrDefault(ns => ns.Path.Length > 0 && (ns.Kind & OnlyByTheChild) != 0) is { } joined)
                throw new ConfigException("linux.namespaces", $"a new user namespace and a {joined.Name} namespace that is joined do not go together");
        }

        if (linux.TimeOffsets.Count > 0 && linux.Namespace(CloneFlags.NEWTIME) is not { Path.Length: 0 })
            throw new ConfigException("linux.timeOffsets", "needs a new time namespace in linux.namespaces");
        foreach (var mount in config.Mounts) Hold(mount, user);
    }

    static void HoldNew(IReadOnlyList<IdMapping> mappings, string field)
    {
        if (mappings.Count == 0) throw new ConfigException(field, "a new user namespace needs mappings");
        // The process becomes root of its namespace before it takes the user that process.user asks for.
        if (!mappings.Any(mapping => mapping.Inside == 0)) throw new ConfigException(field, "id 0 of the container must be mapped");
    }

    static void Hold(MountSpec mount, NamespaceSpec? user)
    {
        if (mount.Ids.Any && mount.Ids.Uids.Count * mount.Ids.Gids.Count == 0)
            throw new ConfigException(mount.Field, "uidMappings and gidMappings go together");
        if (!mount.IsIdMapped) return;
        if (!mount.Options.IsBind) throw new ConfigException(mount.Field, "ids are mapped for binds only");
        if (!mount.Ids.Any && user is null)
            throw new ConfigException(mount.Field, "idmap needs uidMappings and gidMappings, or a user namespace in linux.namespaces");
    }
}
