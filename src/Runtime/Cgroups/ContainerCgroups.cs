using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>A container's cgroup in every hierarchy: made, limited, emptied, removed.</summary>
/// <param name="Directories">One in each hierarchy.</param>
/// <param name="Made">What orun made, parents first: what it takes away again.</param>
sealed record ContainerCgroups(IReadOnlyList<CgroupDirectory> Directories, IReadOnlyList<string> Made)
{
    const string DefaultParent = "orun";
    const int DirectoryMode = 0x1ED; // 0755
    const int MakeAttempts = 5; // another container's end may take an empty parent away between two mkdirs

    // v2 controllers that a container is given; the rest stay with the host.
    static readonly string[] UnifiedControllers = ["cpuset", "cpu", "io", "memory", "hugetlb", "pids", "rdma"];

    /// <summary>The scope of systemd's that they are; null: they are orun's own.</summary>
    public string? Unit { get; init; }

    public bool Unified => Directories.Count > 0 && Directories[0].Unified;

    /// <summary>Where a configuration's cgroup is, below each mount point: absolute as it stands, else below "orun".</summary>
    public static string PathOf(ContainerConfig config, string id)
    {
        var asked = config.Linux.CgroupsPath;
        if (asked.Length == 0) return $"{DefaultParent}/{id}";
        if (asked.Contains(':')) throw new ConfigException("linux.cgroupsPath", "slice:prefix:name is for --systemd-cgroup");
        var clean = CleanPath(asked);
        return asked.StartsWith('/') ? clean : $"{DefaultParent}/{clean}";
    }

    /// <summary>A path below each mount point, without empty parts and dots.</summary>
    public static string CleanPath(string path)
    {
        var parts = path.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (parts.Length == 0) throw new ConfigException("linux.cgroupsPath", "is the root of all cgroups");
        if (parts.Contains("..")) throw new ConfigException("linux.cgroupsPath", "must not contain '..'");
        return string.Join('/', parts);
    }

    /// <summary>Makes the directories. What was made before a failure is taken away again.</summary>
    /// <param name="layout">Where cgroups are.</param>
    /// <param name="path">Below each mount point.</param>
    /// <param name="unit">The scope that systemd has made there; null for none.</param>
    public static ContainerCgroups Make(CgroupLayout layout, string path, string? unit = null)
    {
        var made = new List<string>();
        var directories = new List<CgroupDirectory>();
        try
        {
            foreach (var hierarchy in layout.Hierarchies)
            {
                for (var attempt = 1; !TryMakeAll(hierarchy, path.Split('/'), made); attempt++)
                    if (attempt == MakeAttempts) throw new CgroupException($"{hierarchy.MountPoint}/{path}: its parents keep vanishing");
                var directory = new CgroupDirectory(hierarchy.Unified, hierarchy.Controllers, $"{hierarchy.MountPoint}/{path}");
                // What runs in a cgroup ends with its container: it must not be somebody else's.
                if (unit is null && (made.Count == 0 || made[^1] != directory.Path) && directory.Processes().Count > 0)
                    throw new CgroupException($"{directory.Path} is in use by processes of others");
                directories.Add(directory);
            }

            // A process that joined it would not even start, and orun would wait for it for ever.
            if (directories.Any(directory => !made.Contains(directory.Path)) && CgroupFreezer.IsFrozen(new ContainerCgroups(directories, made)))
                throw new CgroupException($"container's cgroup unexpectedly frozen: {path}");
        }
        catch
        {
            for (var i = made.Count - 1; i >= 0; i--) Kernel.RemoveDirectory(made[i]);
            throw;
        }

        return new ContainerCgroups(directories, made) { Unit = unit };
    }

    /// <summary>The directories at a path, whoever made them.</summary>
    public static ContainerCgroups At(CgroupLayout layout, string path) => new(
        [.. layout.Hierarchies.Select(hierarchy => new CgroupDirectory(hierarchy.Unified, hierarchy.Controllers, $"{hierarchy.MountPoint}/{path}"))], []);

    static bool TryMakeAll(Hierarchy hierarchy, string[] parts, List<string> made)
    {
        var directory = hierarchy.MountPoint;
        var isCpuset = !hierarchy.Unified && hierarchy.Controllers.Contains("cpuset");
        // Its parents are there more often than not.
        var leaf = $"{directory}/{string.Join('/', parts)}";
        if (!hierarchy.Unified && Kernel.TryMakeDirectory(leaf, DirectoryMode) == Errno.None)
        {
            made.Add(leaf);
            if (!isCpuset || InheritCpuset(leaf[..leaf.LastIndexOf('/')], leaf, isNew: true)) return true;
        }

        for (var i = 0; i < parts.Length; i++)
        {
            var parent = directory;
            directory += "/" + parts[i];
            if (hierarchy.Unified) PassControllersDown(hierarchy, parent);
            bool isNew;
            try
            {
                isNew = Kernel.MakeDirectory(directory, DirectoryMode);
            }
            catch (SyscallException e) when (e.Errno == Errno.ENOENT)
            {
                return false;
            }

            if (isNew) made.Add(directory);
            // A new v1 cpuset is empty, and no process can enter it so.
            if (isCpuset) InheritCpuset(parent, directory, isNew);
        }

        return true;
    }

    /// <returns>False if the parent has nothing to hand down, because somebody else made it and left it empty.</returns>
    static bool InheritCpuset(string parent, string directory, bool isNew)
    {
        foreach (var file in (string[])["/cpuset.cpus", "/cpuset.mems"])
        {
            if (!isNew && Kernel.ReadText(directory + file).Trim().Length > 0) continue;
            var value = Kernel.ReadText(parent + file).Trim();
            if (value.Length == 0) return false;
            Kernel.WriteSetting(directory + file, value);
        }

        return true;
    }

    static void PassControllersDown(Hierarchy hierarchy, string directory)
    {
        var wanted = UnifiedControllers.Where(hierarchy.Controllers.Contains).Select(controller => "+" + controller).ToList();
        if (wanted.Count > 0) Kernel.WriteSetting(directory + "/cgroup.subtree_control", string.Join(' ', wanted));
    }

    public void Limit(ResourceSpec resources)
    {
        if (Unified) UnifiedLimits.Apply(Directories[0], resources);
        else LegacyLimits.Apply(Directories, resources);
    }

    /// <summary>Sets limits of a container that runs. Devices are left as they are.</summary>
    public void Update(ResourceSpec resources)
    {
        if (Unified) UnifiedLimits.Update(Directories[0], resources);
        else LegacyLimits.Update(Directories, resources);
    }

    /// <summary>All processes, each once.</summary>
    public List<int> Processes() => Directories.SelectMany(directory => directory.Processes()).Distinct().Order().ToList();

    /// <summary>How a process enters: by `tasks` files on v1; on v2 it is born in the directory.</summary>
    public CgroupMembership Membership()
    {
        var files = Unified ? [] : Directories.Select(directory => new TaskFile(directory.Name, directory.Path + "/tasks")).ToList();
        var shown = Directories.Select(directory => new CgroupViewMount(directory.Name, directory.Path)).ToList();
        return new CgroupMembership(files, new CgroupView(Unified, shown));
    }

    /// <summary>The v2 directory to clone into; null on v1.</summary>
    public Fd? OpenUnified() => Unified ? Kernel.Open(Directories[0].Path, O.PATH | O.DIRECTORY) : null;

    public long OomKills() => Directories.Sum(directory => directory.OomKills());
}
