using System.Globalization;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>A container's directory in one hierarchy.</summary>
sealed record CgroupDirectory(bool Unified, IReadOnlyList<string> Controllers, string Path)
{
    public string Name => string.Join(',', Controllers);

    public void Write(string file, string value) => Kernel.WriteSetting($"{Path}/{file}", value);

    public bool Has(string file) => Kernel.Stat($"{Path}/{file}") is not null;

    /// <summary>All processes in it and below it.</summary>
    public List<int> Processes()
    {
        var pids = new List<int>();
        Collect(Path, pids);
        return pids;
    }

    static void Collect(string directory, List<int> pids)
    {
        if (Kernel.TryReadText(directory + "/cgroup.procs") is not { } text) return;
        // A process of another pid namespace reads as 0, and a signal to 0 would go to orun's own process group (kill(2)).
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (int.Parse(line, CultureInfo.InvariantCulture) is var pid and not 0)
                pids.Add(pid);
        foreach (var child in Children(directory)) Collect(child, pids);
    }

    /// <summary>The cgroups right below one; none when it has gone, as systemd takes away what is empty.</summary>
    public static IReadOnlyList<string> Children(string directory)
    {
        try
        {
            return Directory.GetDirectories(directory);
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    /// <summary>How often the kernel killed a process of this cgroup for lack of memory; 0 without a memory controller.</summary>
    public long OomKills()
    {
        if (!Controllers.Contains("memory")) return 0;
        const string key = "oom_kill ";
        var text = Kernel.TryReadText(Path + (Unified ? "/memory.events" : "/memory.oom_control")) ?? "";
        foreach (var line in text.Split('\n'))
            if (line.StartsWith(key, StringComparison.Ordinal))
                return long.Parse(line.AsSpan(key.Length), CultureInfo.InvariantCulture);
        return 0;
    }
}
