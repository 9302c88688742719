using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>One mounted cgroup hierarchy; Controllers as v1 names them ("cpu,cpuacct"), or as v2 lists them.</summary>
sealed record Hierarchy(bool Unified, string MountPoint, IReadOnlyList<string> Controllers)
{
    public string Name => string.Join(',', Controllers);
}

/// <summary>
/// The cgroup file systems of this host (cgroups(7)). Controllers found on v1 decide: a host that has any is driven as v1, and a
/// cgroup2 mount beside them is left alone; with none it is v2.
/// </summary>
sealed record CgroupLayout(bool Unified, IReadOnlyList<Hierarchy> Hierarchies)
{
    const string Usual = "/sys/fs/cgroup";
    const long LegacyMagic = 0x27E0EB, UnifiedMagic = 0x63677270; // CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC

    public static CgroupLayout Read()
    {
        var layout = AtTheUsualPlaces(Kernel.ReadText("/proc/self/cgroup"), Kernel.FileSystemType) ?? Parse(Kernel.ReadText("/proc/self/mountinfo"));
        if (!layout.Unified) return layout;
        var mount = layout.Hierarchies[0].MountPoint;
        var controllers = Kernel.ReadText(mount + "/cgroup.controllers").Split([' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return layout with { Hierarchies = [layout.Hierarchies[0] with { Controllers = controllers }] };
    }

    /// <summary>
    /// The layout by /proc/PID/cgroup, if each hierarchy there is mounted where everybody mounts it; else null. It spares the reading of
    /// mountinfo, which is long on a host with many containers.
    /// </summary>
    public static CgroupLayout? AtTheUsualPlaces(string cgroup, Func<string, long> fileSystemType)
    {
        var v1 = new SortedDictionary<string, Hierarchy>(StringComparer.Ordinal);
        foreach (var line in cgroup.Split('\n'))
        {
            // "4:cpu,cpuacct:/path"; "0::/path" is v2, "1:name=systemd:/path" has no controller.
            var fields = line.Split(':', 3);
            if (fields.Length < 3 || fields[1].Length == 0 || fields[1].StartsWith("name=", StringComparison.Ordinal)) continue;
            var mountPoint = $"{Usual}/{fields[1]}";
            if (fileSystemType(mountPoint) != LegacyMagic) return null;
            var controllers = fields[1].Split(',');
            v1[fields[1]] = new Hierarchy(false, mountPoint, controllers);
        }

        if (v1.Count > 0) return new CgroupLayout(false, v1.Values.ToList());
        return fileSystemType(Usual) == UnifiedMagic ? new CgroupLayout(true, [new Hierarchy(true, Usual, [])]) : null;
    }

    /// <summary>Reads the text of /proc/PID/mountinfo (proc_pid_mountinfo(5)).</summary>
    /// <exception cref="CgroupException">No cgroup file system is mounted.</exception>
    public static CgroupLayout Parse(string mountinfo)
    {
        var v1 = new SortedDictionary<string, Hierarchy>(StringComparer.Ordinal);
        string? v2 = null;
        // A host has many mounts and few of cgroups: only their lines are taken apart. A space in a path is written as \040 there.
        for (var at = 0; (at = mountinfo.IndexOf(" - cgroup", at, StringComparison.Ordinal)) >= 0; at++)
        {
            int start = mountinfo.LastIndexOf('\n', at) + 1, end = mountinfo.IndexOf('\n', at);
            var line = mountinfo[start..(end < 0 ? mountinfo.Length : end)];
            var dash = at - start;
            var right = line[(dash + 3)..].Split(' ');
            if (right.Length < 3 || right[0] is not ("cgroup" or "cgroup2")) continue;
            var mountPoint = Unescape(line[..dash].Split(' ')[4]);
            if (right[0] == "cgroup2")
            {
                v2 ??= mountPoint;
                continue;
            }

            var options = right[2].Split(',');
            if (options.Any(option => option.StartsWith("name=", StringComparison.Ordinal))) continue;
            var controllers = options.Where(IsController).ToArray();
            if (controllers.Length > 0) v1.TryAdd(string.Join(',', controllers), new Hierarchy(false, mountPoint, controllers));
        }

        if (v1.Count > 0) return new CgroupLayout(false, v1.Values.ToList());
        return v2 is null
            ? throw new CgroupException("no cgroup file system is mounted")
            : new CgroupLayout(true, [new Hierarchy(true, v2, [])]);
    }

    static bool IsController(string option) => option is not ("rw" or "ro" or "xattr" or "noprefix" or "clone_children" or "favordynmods"
        or "nofavordynmods") && !option.Contains('=');

    // Spaces and backslashes stand as octal numbers there.
    static string Unescape(string path) =>
        path.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}

/// <summary>A cgroup request that this host can't meet.</summary>
sealed class CgroupException(string message) : Exception("cgroups: " + message);
