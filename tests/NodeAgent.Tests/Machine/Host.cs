using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// A machine's network, played by a network namespace without any route out. Two of them can be joined by a cable.
/// </summary>
sealed class Host : IDisposable
{
    public Host(TemporaryDirectory directory, string name)
    {
        Path = directory[name + ".net"];
        KernelThread.Run(() =>
        {
            SyscallException.Check(Libc.Unshare(Libc.CloneNewnet), "unshare", name);
            File.WriteAllBytes(Path, []);
            Mounts.Bind("/proc/thread-self/ns/net", Path);
        });
        Namespace = new NetworkNamespace(Path);
        Namespace.Run(() =>
        {
            using NetlinkSocket socket = new();
            Links links = new(socket);
            links.SetUp(links.Index("lo"));
        });
    }

    public string Path { get; }

    public NetworkNamespace Namespace { get; }

    public Task<string> RunAsync(params string[] command) => Given.RunAsync(["nsenter", $"--net={Path}", .. command]);

    /// <summary>Joins two machines by a cable, with an address at each end.</summary>
    public static async Task JoinAsync(Host one, string oneAddress, Host other, string otherAddress)
    {
        await one.RunAsync("ip", "link", "add", "cable", "type", "veth", "peer", "name", "cable", "netns", other.Path);
        await one.RunAsync("ip", "addr", "add", oneAddress, "dev", "cable");
        await other.RunAsync("ip", "addr", "add", otherAddress, "dev", "cable");
        await one.RunAsync("ip", "link", "set", "cable", "up");
        await other.RunAsync("ip", "link", "set", "cable", "up");
    }

    public void Dispose() => Mounts.Detach(Path);
}
