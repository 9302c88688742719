using System.Buffers.Binary;
using System.Net;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>A machine behind a tunnel's interface: the address there, the hardware address, and where its packets are sent.</summary>
sealed record Neighbour(IPAddress Inside, string Mac, IPAddress Outside);

/// <summary>
/// Whom one interface of a tunnel reaches: what is otherwise asked of the link is said beforehand, once as an address's hardware address and once as where that is
/// (ip-neighbour(8), bridge(8) fdb).
/// </summary>
sealed class Neighbours(NetlinkSocket socket, int device)
{
    const byte AfInet = 2;
    const byte AfBridge = 7;
    const byte Permanent = 0x80;
    const byte Self = 2;
    const ushort NdaDst = 1;
    const ushort NdaLladdr = 2;
    const int NdmsgBytes = 12;

    /// <summary>Makes them exactly these.</summary>
    public void Set(IReadOnlyCollection<Neighbour> wanted)
    {
        foreach (var neighbour in wanted)
        {
            socket.Send(Message(RouteType.NewNeighbour, AfInet, neighbour.Inside, neighbour.Mac), $"neighbour {neighbour.Inside}");
            socket.Send(Message(RouteType.NewNeighbour, AfBridge, neighbour.Outside, neighbour.Mac), $"neighbour {neighbour.Outside}");
        }

        Remove(AfInet, wanted.Select(each => (each.Inside, each.Mac)).ToHashSet());
        Remove(AfBridge, wanted.Select(each => (each.Outside, each.Mac)).ToHashSet());
    }

    void Remove(byte family, HashSet<(IPAddress, string)> wanted)
    {
        foreach (var (address, mac) in List(family).Where(each => !wanted.Contains(each)).ToList())
        {
            var errno = socket.TrySend(Message(RouteType.DelNeighbour, family, address, mac), $"neighbour {address}");
            if (errno is not (0 or Errno.Enoent)) throw new SyscallException("rtnetlink delneigh", errno, $"neighbour {address}");
        }
    }

    List<(IPAddress Address, string Mac)> List(byte family)
    {
        List<(IPAddress, string)> found = [];
        var any = new byte[NdmsgBytes];
        any[0] = family;
        var errno = socket.Exchange(new NetlinkMessage(RouteType.GetNeighbour, RequestFlags.Request | RequestFlags.Dump).Fixed(any), "neighbours", (_, body) =>
        {
            if (body[0] != family || BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(4)) != device || (body[8] & Permanent) == 0) return;
            var attributes = NetlinkAttributes.Of(body, NdmsgBytes).ToList();
            if (attributes.Find(each => each.Type == NdaDst).Value is { Length: 4 } address && attributes.Find(each => each.Type == NdaLladdr).Value is { } mac)
                found.Add((new IPAddress(address), Convert.ToHexString(mac)));
        });
        return errno == 0 ? found : throw new SyscallException("rtnetlink getneigh", errno, "neighbours");
    }

    NetlinkMessage Message(RouteType type, byte family, IPAddress address, string mac)
    {
        Span<byte> part = stackalloc byte[NdmsgBytes];
        part[0] = family;
        BinaryPrimitives.WriteInt32LittleEndian(part[4..], device);
        part[8] = Permanent;
        part[10] = family == AfBridge ? Self : (byte)0;
        return new NetlinkMessage(type, RequestFlags.Request | RequestFlags.Acknowledge | (type == RouteType.NewNeighbour ? RequestFlags.Create | RequestFlags.Replace : 0))
            .Fixed(part).Bytes(NdaDst, address.GetAddressBytes()).Bytes(NdaLladdr, Convert.FromHexString(mac));
    }
}
