using Orchestrator.Runtime.Cgroups;

namespace Orchestrator.Runtime.Commands;

/// <summary>`exec --cgroup [CONTROLLERS:]PATH`: an existing cgroup below the container's own, for one hierarchy of v1 or for all.</summary>
static class SubCgroup
{
    public static ContainerCgroups Of(ContainerCgroups own, IReadOnlyList<string> asked)
    {
        var directories = own.Directories.ToList();
        foreach (var text in asked)
        {
            var colon = text.IndexOf(':');
            if (colon >= 0 && own.Unified) throw new UsageException($"--cgroup: '{text}': cgroup v2 has one hierarchy, no controllers");
            var path = text[(colon + 1)..];
            if (path.Split('/').Contains("..")) throw new UsageException($"--cgroup: {path} is not a sub cgroup path");
            // The container's own cgroup is asked for by "/".
            var below = path.All(c => c is '/') ? "" : "/" + ContainerCgroups.CleanPath(path);
            var found = 0;
            for (var i = 0; i < directories.Count; i++)
            {
                if (colon >= 0 && !text[..colon].Split(',').All(own.Directories[i].Controllers.Contains)) continue;
                found++;
                directories[i] = own.Directories[i] with { Path = own.Directories[i].Path + below };
                if (!Directory.Exists(directories[i].Path)) throw new CgroupException($"adding pid to {directories[i].Path}/cgroup.procs: no such file or directory");
            }

            if (found == 0) throw new UsageException($"--cgroup: '{text}': unknown controller {text[..colon]}");
        }

        return own with { Directories = directories };
    }
}
