using System.Buffers.Binary;
using System.Net;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>
/// The kernel's table of tracked connections, as far as they were led elsewhere. UDP has no end that the kernel could see: a client that goes on sending
/// would reach a pod that was withdrawn for as long as it does. Source: linux/netfilter/nfnetlink_conntrack.h.
/// </summary>
static class Connections
{
    const ushort ListType = (1 << 8) | 1;
    const ushort DeleteType = (1 << 8) | 2;
    const ushort TupleOriginal = 1, TupleReply = 2, Zone = 18;
    const ushort TupleIp = 1, TupleProtocol = 2;
    const ushort IpSource = 1, IpDestination = 2;
    const ushort ProtocolNumber = 1, SourcePort = 2;
    const ushort NestedFlag = 0x8000;
    const ushort TypeMask = 0x3fff;
    const byte AfInet = 2;
    const byte Udp = 17;
    const int NetfilterProtocol = 12;

    /// <summary>Forgets UDP flows that were led to these addresses and ports. Hands back how many there were.</summary>
    public static int ForgetUdp(IReadOnlySet<IPEndPoint> targets)
    {
        using NetlinkSocket socket = new(NetfilterProtocol);
        ReadOnlySpan<byte> family = [AfInet, 0, 0, 0];
        List<(byte[] Tuple, byte[]? Zone)> found = [];
        var errno = socket.Exchange(new NetlinkMessage(ListType, RequestFlags.Request | RequestFlags.Dump).Fixed(family), "tracked connections", (_, body) =>
        {
            var attributes = Read(body.AsSpan(4));
            if (attributes.GetValueOrDefault(TupleOriginal) is { } original && attributes.GetValueOrDefault(TupleReply) is { } reply && WasLedTo(original, reply, targets))
                found.Add((original, attributes.GetValueOrDefault(Zone)));
        });
        if (errno != 0) throw new SyscallException("ctnetlink get", errno, "tracked connections");
        foreach (var (tuple, zone) in found)
        {
            var message = new NetlinkMessage(DeleteType, RequestFlags.Request | RequestFlags.Acknowledge).Fixed(family).Bytes(TupleOriginal | NestedFlag, tuple);
            if (zone is not null) message.Bytes(Zone, zone);
            errno = socket.TrySend(message, "tracked connection");
            if (errno is not (0 or Errno.Enoent)) throw new SyscallException("ctnetlink delete", errno, "tracked connection");
        }

        return found.Count;
    }

    static bool WasLedTo(byte[] original, byte[] reply, IReadOnlySet<IPEndPoint> targets)
    {
        var (asked, answering) = (Read(original), Read(reply));
        if (asked.GetValueOrDefault(TupleIp) is not { } askedIp || answering.GetValueOrDefault(TupleIp) is not { } ip || answering.GetValueOrDefault(TupleProtocol) is not { } protocol) return false;
        var ports = Read(protocol);
        if (ports.GetValueOrDefault(ProtocolNumber) is not [Udp] || ports.GetValueOrDefault(SourcePort) is not { Length: 2 } port || Read(ip).GetValueOrDefault(IpSource) is not { Length: 4 } source) return false;
        return Read(askedIp).GetValueOrDefault(IpDestination) is { } destination && !destination.AsSpan().SequenceEqual(source)
            && targets.Contains(new IPEndPoint(new IPAddress(source), BinaryPrimitives.ReadUInt16BigEndian(port)));
    }

    static Dictionary<ushort, byte[]> Read(ReadOnlySpan<byte> data)
    {
        Dictionary<ushort, byte[]> attributes = [];
        while (data.Length >= 4)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(data);
            if (length < 4 || length > data.Length) break;
            attributes[(ushort)(BinaryPrimitives.ReadUInt16LittleEndian(data[2..]) & TypeMask)] = data[4..length].ToArray();
            data = data[Math.Min(data.Length, (length + 3) & ~3)..];
        }

        return attributes;
    }
}
