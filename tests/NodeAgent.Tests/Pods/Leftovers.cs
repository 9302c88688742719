using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Tests.Machine;

namespace Orchestrator.NodeAgent.Tests.Pods;

/// <summary>
/// Looks over the machine for what an agent may have left: processes, mounts, cgroups, interfaces, files.
/// </summary>
static class Leftovers
{
    public static int[] ProcessesOf(RunningAgent agent) => [.. PodCgroups.Processes(agent.Options.CgroupRoot).Order()];

    public static string[] AddressesOf(RunningAgent agent) =>
        [.. Directory.EnumerateFiles(Path.Combine(agent.Options.DataDirectory, "addresses")).Select(path => Path.GetFileName(path)).Where(name => System.Net.IPAddress.TryParse(name, out _))];

    public static void AssertNone(RunningAgent agent, Pod pod)
    {
        var uid = pod.Metadata.Uid!;
        Assert.Empty(ProcessesOf(agent));
        Assert.DoesNotContain(uid, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
        Assert.DoesNotContain(Directory.GetDirectories("/sys/fs/cgroup"), hierarchy => Directory.Exists($"{hierarchy}{agent.Options.CgroupRoot}/{uid}"));
        foreach (var root in (string[])[agent.Options.DataDirectory, agent.Options.RunDirectory])
        {
            if (Directory.Exists(root))
                Assert.Empty(Directory.EnumerateFileSystemEntries(root, $"*{uid}*", SearchOption.AllDirectories));
        }

        Assert.Empty(ShimsOf(agent, uid));
    }

    static IEnumerable<string> ShimsOf(RunningAgent agent, string uid)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => int.TryParse(Path.GetFileName(path), out _)))
        {
            var commandLine = CommandLine(process);
            if (commandLine.Contains(agent.Options.RunDirectory, StringComparison.Ordinal) && commandLine.Contains(uid, StringComparison.Ordinal))
                yield return commandLine;
        }
    }

    static string CommandLine(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Replace('\0', ' ');
        }
        catch (IOException)
        {
            return ""; // It has just ended.
        }
    }
}
