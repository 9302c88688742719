using System.Globalization;

namespace Orchestrator.Testing.Clusters;

/// <summary>Looks over the machine for what a test may have left: processes, mounts, namespaces, cgroups, interfaces, directories.</summary>
public static class Leftovers
{
    const string CgroupMount = "/sys/fs/cgroup";

    /// <summary>The processes of a cgroup and those below it, in whatever hierarchy they are found.</summary>
    public static IReadOnlyList<int> ProcessesIn(string cgroup) => [.. Standing(cgroup)
        .SelectMany(group => Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories))
        .SelectMany(file => Read(file).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        .Select(line => int.Parse(line, CultureInfo.InvariantCulture)).Distinct().Order()];

    /// <summary>The processes whose command line has a text in it, this one excepted.</summary>
    public static IReadOnlyList<int> ProcessesNaming(string text) => [.. Processes()
        .Where(process => process != Environment.ProcessId && Read($"/proc/{process}/cmdline").Contains(text, StringComparison.Ordinal))];

    /// <summary>What is left of one network, after all of it was to be taken down.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(string id, IReadOnlyList<string> networkNamespaces)
    {
        IReadOnlyList<string> found = [];
        try
        {
            // A process that has been killed takes a moment to be gone.
            await Eventually.HoldsAsync(() => (found = Find(id, networkNamespaces)).Count == 0, "the end of everything");
        }
        catch (TimeoutException)
        {
            // What is left by now stays.
        }

        return found;
    }

    /// <summary>What <c>orchd reset</c> has left on a host whose namespace still stands.</summary>
    public static async Task<IReadOnlyList<string>> OnHostAsync(LanHost host)
    {
        var left = new List<string>();
        var links = await host.Namespace.RunAsync("ip", "-o", "link", "show");
        left.AddRange(links.Lines.Select(line => line.Split(':')[1].Trim()).Where(name => name != "lo" && !name.StartsWith("eth0@", StringComparison.Ordinal))
            .Select(name => $"{host.Name}: interface {name}"));
        var routes = await host.Namespace.RunAsync("ip", "-o", "route", "show");
        left.AddRange(routes.Lines.Where(line => !line.Contains("dev eth0", StringComparison.Ordinal)).Select(line => $"{host.Name}: route {line}"));
        var rules = await host.Namespace.RunAsync("nft", "list", "ruleset");
        left.AddRange(rules.Lines.Select(line => $"{host.Name}: nftables {line}"));
        left.AddRange(new[] { host.DataDirectory, host.RunDirectory }.Where(Directory.Exists).Select(path => $"{host.Name}: directory {path}"));
        left.AddRange(Standing(host.CgroupRoot).Select(group => $"{host.Name}: cgroup {group}"));
        return left;
    }

    /// <summary>Removes a cgroup in every hierarchy where nothing is below it.</summary>
    public static void RemoveEmptyCgroup(string cgroup)
    {
        foreach (var group in Standing(cgroup))
        {
            try
            {
                Directory.Delete(group);
            }
            catch (IOException)
            {
                // In use: by another test, or it is a leftover and found as one.
            }
        }
    }

    static List<string> Find(string id, IReadOnlyList<string> networkNamespaces) =>
    [
        .. ProcessesNaming($"oc-{id}").Select(process => $"process {process}: {Read($"/proc/{process}/cmdline").Replace('\0', ' ')}"),
        .. Processes().Where(process => networkNamespaces.Contains(NetworkOf(process))).Select(process => $"process {process} in the test's network"),
        .. File.ReadLines("/proc/self/mountinfo").Where(line => line.Contains($"oc-{id}", StringComparison.Ordinal)).Select(line => $"mount {line}"),
        .. Directory.EnumerateFiles("/run/netns", $"oc-{id}*").Select(path => $"namespace {path}"),
        .. Standing($"/orch-test/{id}").Select(group => $"cgroup {group}"),
        .. Directory.EnumerateDirectories("/sys/class/net").Where(path => path.Contains(id, StringComparison.Ordinal)).Select(path => $"interface {path}"),
    ];

    // On a machine with version 2 alone the one hierarchy is mounted here; with version 1 there is one below for each controller.
    static IEnumerable<string> Standing(string cgroup)
    {
        var hierarchies = File.Exists(Path.Combine(CgroupMount, "cgroup.controllers")) ? [CgroupMount] : Directory.GetDirectories(CgroupMount);
        return hierarchies.Select(hierarchy => hierarchy + cgroup).Where(Directory.Exists);
    }

    static IEnumerable<int> Processes() => Directory.EnumerateDirectories("/proc")
        .Select(path => int.TryParse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? process : 0)
        .Where(process => process > 0);

    static string NetworkOf(int process)
    {
        try
        {
            return new FileInfo($"/proc/{process}/ns/net").LinkTarget ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    internal static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return ""; // the process or the cgroup has just ended
        }
    }
}
