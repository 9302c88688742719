using System.Net;
using System.Security.Cryptography;
using System.Text;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Services;
using Orchestrator.NodeAgent.Networking.Netlink;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>Another node: its name, its address, and the range its pods have.</summary>
public sealed record NetworkPeer(string Name, IPAddress Address, AddressRange PodRange);

/// <summary>What the control plane says of the network: everyone's ranges, and which is ours.</summary>
public sealed record ClusterNetwork(AddressRange ClusterRange, AddressRange OwnRange, IReadOnlyList<NetworkPeer> Peers)
{
    /// <summary>The address that the others reach this node at; null while it is not among the nodes.</summary>
    public IPAddress? OwnAddress => Peers.FirstOrDefault(peer => peer.PodRange == OwnRange)?.Address;

    /// <summary>The other nodes.</summary>
    public IEnumerable<NetworkPeer> Others => Peers.Where(peer => peer.PodRange != OwnRange);
}

/// <summary>
/// The node's side of the pod network: a bridge, a veth pair and an address per pod, routes to the other nodes where a link is shared and a
/// tunnel where none is, an unreachable route for the rest of the pods' range, masquerading for what leaves it. Every call converges.
/// </summary>
sealed class NodeNetwork(NetworkNamespace home, AddressPool addresses, string bridgeName)
{
    const string PodInterface = "eth0";
    const string Loopback = "lo";
    const int InterfaceNameHash = 6;
    const int HostPrefix = 32;

    /// <summary>Of an Ethernet link, in bytes.</summary>
    const int UsualMtu = 1500;

    static readonly AddressRange ServiceRange = new(ServiceNetwork.Range.BaseAddress, ServiceNetwork.Range.PrefixLength);

    readonly Lock _lock = new();
    readonly Tunnel _tunnel = new(bridgeName + "x");
    int _mtu = UsualMtu;

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
                File.WriteAllText($"/proc/sys/net/ipv4/conf/{bridgeName}/send_redirects", "0");
                SetRoutes(socket, network, bridge, problems);
            });
        }

        await Masquerade.SetAsync(home, network, bridgeName, cancel);
        return problems;
    }

    /// <summary>Gives a pod its address and connects it. Already connected: nothing changes.</summary>
    public IPAddress Attach(string podUid, PodNamespaces namespaces, AddressRange range, Bandwidth? bandwidth = null)
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
                    links.MakePair(veth, links.Index(bridgeName), PodInterface, Mac(address), _mtu, pod);
                }

                links.SetHairpin(links.Index(veth));
                links.SetUp(links.Index(veth));
                // What the node's end sends is what the pod receives.
                if (bandwidth?.Ingress is { } received) new Shaping(socket).Limit(links.Index(veth), received);
            });
            new NetworkNamespace(namespaces.Network).Run(() =>
            {
                using NetlinkSocket socket = new();
                Links links = new(socket);
                links.SetUp(links.Index(Loopback));
                var device = links.Index(PodInterface);
                // On a network of its own, so that what it sends passes the node even to its neighbours: an answer to a connection that went through a
                // service has to find its way back.
                links.AddAddress(device, new AddressRange(address, HostPrefix), address);
                links.SetUp(device);
                if (bandwidth?.Egress is { } sent) new Shaping(socket).Limit(device, sent);
                File.WriteAllText("/proc/sys/net/ipv4/conf/all/accept_redirects", "0");
                File.WriteAllText($"/proc/sys/net/ipv4/conf/{PodInterface}/accept_redirects", "0");
                Routes routes = new(socket);
                routes.Set(new Route(new AddressRange(range.At(1), HostPrefix), Interface: device));
                routes.Set(new Route(new AddressRange(IPAddress.Any, 0), range.At(1)));
            });
            return address;
        }
    }

    /// <summary>Disconnects a pod. Its address rests until it is released. Not connected is fine.</summary>
    public void Detach(string podUid)
    {
        lock (_lock)
        {
            home.Run(() =>
            {
                using NetlinkSocket socket = new();
                new Links(socket).Delete(InterfaceName(podUid));
            });
            addresses.Rest(podUid);
        }
    }

    /// <summary>The pods whose addresses rest.</summary>
    public IReadOnlyList<string> Resting() => addresses.Resting();

    /// <summary>Lets the address of a pod that is gone be given to another one.</summary>
    public void Release(string podUid) => addresses.Release(podUid);

    /// <summary>Takes down everything this made, forwarding excepted: others may rely on it by now.</summary>
    public async Task CleanUpAsync(CancellationToken cancel)
    {
        home.Run(() =>
        {
            using NetlinkSocket socket = new();
            Routes routes = new(socket);
            foreach (var route in routes.List())
                routes.Delete(route);
            new Links(socket).Delete(_tunnel.Name);
            new Links(socket).Delete(bridgeName);
        });
        await Masquerade.RemoveAsync(home, cancel);
    }

    /// <summary>The name of a pod's interface on the node: at most 15 characters, so a hash of its uid.</summary>
    public static string InterfaceName(string podUid) =>
        "ov" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(podUid)).AsSpan(0, InterfaceNameHash));

    void SetRoutes(NetlinkSocket socket, ClusterNetwork network, int bridge, List<string> problems)
    {
        Routes routes = new(socket);
        // To services by the bridge: the node's own connections get its address there, which all pods can answer, before the maps lead them on. What the
        // maps do not know is refused there.
        List<Route> wanted = [new Route(network.ClusterRange), new Route(ServiceRange, Interface: bridge)];
        wanted.ForEach(Set);
        List<NetworkPeer> away = [];
        foreach (var peer in network.Others)
        {
            Route direct = new(peer.PodRange, peer.Address);
            var errno = routes.TrySet(direct);
            if (errno is Errno.Enetunreach or Errno.Ehostunreach) away.Add(peer); // no link is shared with it, as the kernel sees it
            else Note(errno, direct);
            if (errno == 0) wanted.Add(direct);
        }

        var uplink = (network.OwnAddress is { } own ? new Links(socket).MtuAt(own) : null) ?? UsualMtu;
        _mtu = away.Count > 0 ? uplink - Tunnel.HeadBytes : uplink;
        var through = _tunnel.Reach(socket, network, away, uplink - Tunnel.HeadBytes);
        foreach (var route in through) Set(route);
        wanted.AddRange(through);
        foreach (var stale in routes.List().Where(route => wanted.All(wish => wish.To != route.To)))
            routes.Delete(stale);

        void Set(Route route) => Note(routes.TrySet(route), route);

        void Note(int errno, Route route)
        {
            if (errno != 0) problems.Add(new SyscallException("rtnetlink", errno, $"route {route.To} via {route.Gateway}").Message);
        }
    }

    // Locally administered, and made of the address: a reused address keeps its neighbours' caches right.
    static byte[] Mac(IPAddress address) => [0x02, 0x4f, .. address.GetAddressBytes()];
}
