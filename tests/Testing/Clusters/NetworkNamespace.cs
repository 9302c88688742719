namespace Orchestrator.Testing.Clusters;

/// <summary>A named network namespace, entered with nsenter: <c>ip netns exec</c> would hide the cgroups.</summary>
public sealed class NetworkNamespace
{
    const string Directory = "/run/netns";

    NetworkNamespace(string name) => Name = name;

    public string Name { get; }

    public string Path => System.IO.Path.Combine(Directory, Name);

    public bool Stands => File.Exists(Path);

    public static async Task<NetworkNamespace> MakeAsync(string name)
    {
        var made = new NetworkNamespace(name);
        await Shell.RunAsync("ip", "netns", "add", name);
        await made.RunAsync("ip", "link", "set", "lo", "up");
        return made;
    }

    /// <summary>The command line that runs a command in here; the process keeps its id.</summary>
    public IReadOnlyList<string> Enter(params IReadOnlyList<string> command) => ["nsenter", $"--net={Path}", .. command];

    /// <exception cref="ShellException">The command failed.</exception>
    public Task<ShellResult> RunAsync(params IReadOnlyList<string> command) => Shell.RunAsync(Enter(command));

    public Task<ShellResult> TryAsync(params IReadOnlyList<string> command) => Shell.TryAsync(Enter(command));

    /// <summary>The kernel's name for it, as the links in /proc/PID/ns show it.</summary>
    public async Task<string> IdAsync() => (await RunAsync("readlink", "/proc/self/ns/net")).Output.Trim();

    public Task DeleteAsync() => Shell.RunAsync("ip", "netns", "delete", Name);
}
