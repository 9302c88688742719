using System.Globalization;

namespace Orchestrator.NodeAgent.Metrics;

/// <summary>
/// What the processes of a cgroup consume, by its own accounts: version 2's cpu.stat and memory.current (the kernel's
/// cgroup-v2.rst), version 1's cpuacct.usage and memory.usage_in_bytes. File pages that nobody has used for a while are left
/// out of the memory: they go as soon as somebody needs room, so they say nothing of how near to its limit it is.
/// </summary>
static class CgroupConsumption
{
    /// <summary>Where cgroups are found on every machine.</summary>
    public const string Mount = "/sys/fs/cgroup";

    const long NanosecondsPerMicrosecond = 1000;

    /// <summary>Null when the cgroup is not there any more.</summary>
    public static Consumption? Of(string mount, string path)
    {
        try
        {
            return File.Exists(Path.Combine(mount, "cgroup.controllers")) ? Unified(mount + path) : Separate(mount, path);
        }
        catch (IOException)
        {
            return null; // ENOENT, or ENODEV while it is being removed
        }
    }

    /// <summary>Processes and threads in a cgroup (pids.current); 0 when it is not there any more.</summary>
    public static long PidsOf(string mount, string path)
    {
        var file = File.Exists(Path.Combine(mount, "cgroup.controllers")) ? $"{mount}{path}/pids.current" : $"{mount}/pids{path}/pids.current";
        try
        {
            return Number(file);
        }
        catch (IOException)
        {
            return 0; // as above
        }
    }

    static Consumption Unified(string group) => new(
        Named(Path.Combine(group, "cpu.stat"), "usage_usec") * NanosecondsPerMicrosecond,
        WorkingSet(Path.Combine(group, "memory.current"), Path.Combine(group, "memory.stat"), "inactive_file"));

    static Consumption Separate(string mount, string path) => new(
        Number($"{mount}/cpuacct{path}/cpuacct.usage"),
        WorkingSet($"{mount}/memory{path}/memory.usage_in_bytes", $"{mount}/memory{path}/memory.stat", "total_inactive_file"));

    static long WorkingSet(string charged, string statistics, string inactive) => Math.Max(0, Number(charged) - Named(statistics, inactive));

    static long Number(string file) => long.Parse(File.ReadAllText(file), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture);

    static long Named(string file, string name)
    {
        var line = File.ReadLines(file).Select(line => line.Split(' ')).FirstOrDefault(words => words[0] == name);
        return line is [_, var number] ? long.Parse(number, CultureInfo.InvariantCulture) : 0;
    }
}
