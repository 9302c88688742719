using Orchestrator.NodeAgent.Networking.Netlink;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// The way to nodes that no link is shared with: VXLAN between the nodes' addresses. Everything about the other end follows from its range of pods, so nothing is learned
/// from packets. Source: RFC 7348.
/// </summary>
sealed class Tunnel(string name)
{
    /// <summary>What IANA has for it; a firewall between nodes has to let it pass.</summary>
    public const ushort Port = 4789;

    /// <summary>What the outer heads take: Ethernet 14, IPv4 20, UDP 8, VXLAN 8.</summary>
    public const int HeadBytes = 50;

    const int Id = 79;

    public string Name => name;

    /// <summary>Leads to these nodes, and to no others; takes itself down when there are none.</summary>
    /// <param name="mtu">Of the pods' interfaces, in bytes.</param>
    /// <returns>The routes that lead into it.</returns>
    public IReadOnlyList<Route> Reach(NetlinkSocket socket, ClusterNetwork network, IReadOnlyList<NetworkPeer> peers, int mtu)
    {
        Links links = new(socket);
        if (peers.Count == 0)
        {
            links.Delete(name);
            return [];
        }

        var device = links.MakeVxlan(name, Mac(network.OwnRange), Id, network.OwnAddress, Port, mtu);
        links.AddAddress(device, new AddressRange(network.OwnRange.First, 32), network.OwnRange.First);
        links.SetUp(device);
        new Neighbours(socket, device).Set([.. peers.Select(peer => new Neighbour(peer.PodRange.First, Convert.ToHexString(Mac(peer.PodRange)), peer.Address))]);
        return [.. peers.Select(peer => new Route(peer.PodRange, peer.PodRange.First, device))];
    }

    static byte[] Mac(AddressRange range) => [0x02, 0x56, .. range.First.GetAddressBytes()];
}
