using System.Globalization;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// Removes the cgroups that stood above a pod's containers: the runtime takes away a container's own, not its parents.
/// </summary>
static class PodCgroups
{
    const string Mount = "/sys/fs/cgroup";

    /// <summary>Removes a cgroup and those below it in every hierarchy. One that still has processes is an error.</summary>
    public static void Remove(string path)
    {
        foreach (var group in Standing(path))
            RemoveTree(group);
    }

    /// <summary>The processes in a cgroup and those below it, in whatever hierarchy they are found.</summary>
    public static IReadOnlySet<int> Processes(string path) => Standing(path)
        .SelectMany(group => Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories))
        .SelectMany(File.ReadAllLines).Select(line => int.Parse(line, CultureInfo.InvariantCulture)).ToHashSet();

    // On a machine with version 2 alone the one hierarchy is mounted here; with version 1 there is one below for each controller.
    static IEnumerable<string> Standing(string path)
    {
        var hierarchies = File.Exists(Path.Combine(Mount, "cgroup.controllers")) ? [Mount] : Directory.GetDirectories(Mount);
        return hierarchies.Select(hierarchy => hierarchy + path).Where(Directory.Exists);
    }

    static void RemoveTree(string group)
    {
        foreach (var below in Directory.EnumerateDirectories(group))
            RemoveTree(below);
        // rmdir(2): the files of a cgroup go with it.
        Directory.Delete(group);
    }
}
