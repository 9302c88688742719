using System.Diagnostics;

namespace Orchestrator.Bench;

/// <summary>A network namespace with an address on a bridge that it shares with the others and with this program.</summary>
/// <param name="Namespace">Its file, for nsenter.</param>
sealed record Host(string Address, string Namespace)
{
    /// <summary>Whatever is sent from or to it is lost from now on, without a word.</summary>
    public void CutOff() => Lan.Run("nsenter", $"--net={Namespace}", "nft",
        "table ip cut { chain in { type filter hook input priority 0; iif != lo drop; }; chain out { type filter hook output priority 0; oif != lo drop; }; }");

    public void Heal() => Lan.Run("nsenter", $"--net={Namespace}", "nft", "delete table ip cut");
}

/// <summary>
/// Hosts on one bridge. This program has to run in a network namespace of its own, without a way out: the script that starts it sees to that.
/// </summary>
sealed class Lan : IDisposable
{
    readonly List<Process> _holders = [];

    public Lan(int hosts)
    {
        Run("ip", "link", "add", "bench0", "type", "bridge");
        Run("ip", "address", "add", "10.99.0.1/24", "dev", "bench0");
        Run("ip", "link", "set", "bench0", "up");
        Hosts = [.. Enumerable.Range(0, hosts).Select(Make)];
    }

    public IReadOnlyList<Host> Hosts { get; }

    public void Dispose()
    {
        // The namespaces go with their last process, and the links with them.
        foreach (var holder in _holders)
        {
            holder.Kill();
            holder.WaitForExit();
            holder.Dispose();
        }

        Run("ip", "link", "delete", "bench0");
    }

    public static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    Host Make(int number)
    {
        // A namespace lives as long as a process in it; this one says when it is there.
        var holder = Process.Start(new ProcessStartInfo("unshare", ["--net", "sh", "-c", "echo ready; exec sleep infinity"]) { RedirectStandardOutput = true })!; // without the shell there always is a new process
        _holders.Add(holder);
        holder.StandardOutput.ReadLine();
        var host = new Host($"10.99.0.{number + 11}", $"/proc/{holder.Id}/ns/net");
        Run("ip", "link", "add", $"bench-s{number}", "type", "veth", "peer", "name", "eth0", "netns", $"{holder.Id}");
        Run("ip", "link", "set", $"bench-s{number}", "master", "bench0", "up");
        Run("nsenter", $"--net={host.Namespace}", "ip", "address", "add", $"{host.Address}/24", "dev", "eth0");
        Run("nsenter", $"--net={host.Namespace}", "ip", "link", "set", "eth0", "up");
        Run("nsenter", $"--net={host.Namespace}", "ip", "link", "set", "lo", "up");
        return host;
    }
}
