using System.Globalization;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Pods;

/// <summary>
/// Takes everything away that an agent made on this machine, by its directories and names alone: for the end of a demo
/// or a test, or a machine that leaves the cluster. No agent may run on them meanwhile.
/// </summary>
public static class CleanUp
{
    const int SigKill = 9;
    // A killed process may be in a disk write; ten seconds is long even then.
    static readonly TimeSpan DeathTimeout = TimeSpan.FromSeconds(10);
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    /// <summary>Removes shims, containers, mounts, namespaces, interfaces, routes, rules, cgroups and both directories.</summary>
    /// <param name="keepData">Leave what survives a reboot.</param>
    /// <exception cref="IOException">Something could not be removed; what is named still stands.</exception>
    public static async Task RunAsync(NodeAgentOptions options, bool keepData, CancellationToken cancel)
    {
        PodPlaces places = new(options.DataDirectory, options.RunDirectory);
        foreach (var uid in places.Found())
            await EndShimAsync(new ShimClient(places.RunOf(uid)), cancel);
        KillShims(options.RunDirectory);
        await KillLeftAsync(options.CgroupRoot, cancel);

        NetworkNamespace home = new(options.NetworkNamespace);
        var cni = NodeAgentService.CniOf(options, home, places);
        foreach (var uid in places.Found())
        {
            await cni.DetachAsync(uid, places.NamespacesOf(uid).Network, cancel);
            RemoveInterface(home, uid);
        }

        NodeNetwork network = new(home, new AddressPool(Path.Combine(options.DataDirectory, "addresses")), options.BridgeName);
        await network.CleanUpAsync(cancel);
        await HostPorts.RemoveAsync(home, cancel);

        Tree.Remove(options.RunDirectory);
        if (keepData) Tree.Unmount(options.DataDirectory);
        else Tree.Remove(options.DataDirectory);
        PodCgroups.Remove(options.CgroupRoot);
    }

    static async Task EndShimAsync(ShimClient shim, CancellationToken cancel)
    {
        if (!await shim.IsServingAsync(cancel))
            return;
        for (var tries = 1; await shim.ListAsync(cancel) is { Count: > 0 } left; tries++)
        {
            try
            {
                foreach (var container in left)
                {
                    if (container.Status != ShimContainer.Stopped)
                        await shim.EndAsync(container.Id, cancel);
                    await shim.DeleteAsync(container.Id, cancel);
                }
            }
            catch (ShimException) when (tries < DeathTimeout / LookAgain)
            {
                // The agent had asked for the same before it ended, and the shim is at it.
                await Task.Delay(LookAgain, cancel);
            }
        }

        await shim.StopAsync(cancel);
    }

    // A shim that was still starting when its agent was stopped answers nobody yet and is in no cgroup of ours: its command line says whose it is.
    static void KillShims(string runDirectory)
    {
        var mark = $"\0shim\0--dir\0{Path.GetFullPath(runDirectory)}/";
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var pid)) continue;
            try
            {
                if (File.ReadAllText(directory + "/cmdline").Contains(mark, StringComparison.Ordinal)) _ = Libc.Kill(pid, SigKill); // gone already is as good
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }
    }

    static void RemoveInterface(NetworkNamespace home, string uid) => home.Run(() =>
    {
        using NetlinkSocket socket = new();
        new Links(socket).Delete(NodeNetwork.InterfaceName(uid));
    });

    // Processes whose shim died: their cgroup still tells whose they are.
    static async Task KillLeftAsync(string cgroupRoot, CancellationToken cancel)
    {
        var deadline = TimeProvider.System.GetUtcNow() + DeathTimeout;
        while (true)
        {
            List<int> left = [.. PodCgroups.Processes(cgroupRoot)];
            if (left.Count == 0)
                return;
            if (TimeProvider.System.GetUtcNow() > deadline)
                throw new IOException($"processes in cgroup {cgroupRoot} do not end: {string.Join(", ", left.Select(pid => pid.ToString(CultureInfo.InvariantCulture)))}");
            foreach (var pid in left)
                _ = Libc.Kill(pid, SigKill); // Gone already is as good.
            await Task.Delay(LookAgain, cancel);
        }
    }
}
