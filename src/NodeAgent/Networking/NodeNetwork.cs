using System.Net;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>Another node: its name, its address, and the range its pods have.</summary>
public sealed record NetworkPeer(string Name, IPAddress Address, AddressRange PodRange);

/// <summary>What the control plane says of the network: everyone's ranges, and which is ours.</summary>
public sealed record ClusterNetwork(AddressRange ClusterRange, AddressRange OwnRange, IReadOnlyList<NetworkPeer> Peers);

/// <summary>
/// The node's side of the pod network: a bridge, a veth pair and an address per pod, routes to the other nodes,
/// an unreachable route for the rest of the pods' range, masquerading for what leaves it. Every call converges.
/// </summary>
sealed class NodeNetwork(NetworkNamespace home, AddressPool addresses, string bridgeName)
{
    const string PodInterface = "eth0";
    const string Loopback = "lo";
    const int InterfaceNameHash = 6;

    readonly Lock _lock = new();

    /// <summary>
    /// Makes bridge, routes, forwarding and masquerading what they should be. Hands back a sentence for each route that
    /// the kernel refuses, because one node's bad address must not cost the others theirs.
    /// </summary>
    public async Task<IReadOnlyList<string>> ConfigureAsync(ClusterNetwork network, CancellationToken cancel)
    {
        List<string> problems = [];
        lock (_lock)
        {
            home.Run(() =>
            {
                File.WriteAllText("/proc/sys/net/ipv4/ip_forward", "1");
                using NetlinkSocket socket = new();
                Links links = new(socket);
                links.SetUp(links.Index(Loopback));
                var bridge = links.MakeBridge(bridgeName, Mac(network.OwnRange.At(1)));
                links.AddAddress(bridge, network.OwnRange, network.OwnRange.At(1));
                links.SetUp(bridge);
                SetRoutes(new Routes(socket), network, problems);
            });
        }

        await Masquerade.SetAsync(home, network, bridgeName, cancel);
        return problems;
    }

    /// <summary>Gives a pod its address and connects it. Already connected: nothing changes.</summary>
    public IPAddress Attach(string podUid, PodNamespaces namespaces, AddressRange range)
    {
        lock (_lock)
        {
            var address = addresses.Take(range, podUid);
            using var pod = NetworkNamespace.Open(namespaces.Network);
            var connected = new NetworkNamespace(namespaces.Network).Run(() =>
            {
                using NetlinkSocket socket = new();
                return new Links(socket).Find(PodInterface) is not null;
            });
            home.Run(() =>
            {
                using NetlinkSocket socket = new();
                Links links = new(socket);
                var veth = InterfaceName(podUid);
                if (!connected)
                {
                    // An end left from a run that died belongs to a namespace that is gone.
                    links.Delete(veth);
                    links.MakePair(veth, links.Index(bridgeName), PodInterface, Mac(address), pod);
                }

                links.SetUp(links.Index(veth));
            });
            new NetworkNamespace(namespaces.Network).Run(() =>
            {
                using NetlinkSocket socket = new();
                Links links = new(socket);
                links.SetUp(links.Index(Loopback));
                var device = links.Index(PodInterface);
                links.AddAddress(device, range, address);
                links.SetUp(device);
                new Routes(socket).Set(new Route(new AddressRange(IPAddress.Any, 0), range.At(1)));
            });
            return address;
        }
    }

    /// <summary>Disconnects a pod and frees its address. Not connected is fine.</summary>
    public void Detach(string podUid)
    {
        lock (_lock)
        {
            home.Run(() =>
            {
                using NetlinkSocket socket = new();
                new Links(socket).Delete(InterfaceName(podUid));
            });
            addresses.Release(podUid);
        }
    }

    /// <summary>Takes down everything this made, forwarding excepted: others may rely on it by now.</summary>
    public async Task CleanUpAsync(CancellationToken cancel)
    {
        home.Run(() =>
        {
            using NetlinkSocket socket = new();
            Routes routes = new(socket);
            foreach (var route in routes.List())
                routes.Delete(route);
            new Links(socket).Delete(bridgeName);
        });
        await Masquerade.RemoveAsync(home, cancel);
    }

    /// <summary>The name of a pod's interface on the node: at most 15 characters, so a hash of its uid.</summary>
    public static string InterfaceName(string podUid) =>
        "ov" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(podUid)).AsSpan(0, InterfaceNameHash));

    static void SetRoutes(Routes routes, ClusterNetwork network, List<string> problems)
    {
        List<Route> wanted = [new Route(network.ClusterRange),
            .. network.Peers.Where(peer => peer.PodRange != network.OwnRange).Select(peer => new Route(peer.PodRange, peer.Address))];
        foreach (var route in wanted)
        {
            var errno = routes.TrySet(route);
            if (errno != 0)
                problems.Add(new SyscallException("rtnetlink", errno, $"route {route.To} via {route.Gateway}").Message);
        }

        foreach (var stale in routes.List().Where(route => wanted.All(wish => wish.To != route.To)))
            routes.Delete(stale);
    }

    // Locally administered, and made of the address: a reused address keeps its neighbours' caches right.
    static byte[] Mac(IPAddress address) => [0x02, 0x4f, .. address.GetAddressBytes()];
}
