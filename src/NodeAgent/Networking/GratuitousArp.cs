using System.Buffers.Binary;
using System.Net;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>Tells everybody on a link who has an address now. Source: RFC 5227, section 3; packet(7).</summary>
static class GratuitousArp
{
    const int AfPacket = 17, SockRaw = 3, SockCloexec = 0x80000;
    const ushort EthernetArp = 0x0806, EthernetKind = 1, InternetProtocol = 0x0800, Request = 1;
    const int MacBytes = 6, AddressBytes = 4, SocketAddressBytes = 20;

    /// <exception cref="SyscallException">It can't be sent.</exception>
    public static void Send(int index, ReadOnlySpan<byte> mac, IPAddress address)
    {
        using SafeFileHandle socket = new(SyscallException.Check(Libc.Socket(AfPacket, SockRaw | SockCloexec, BinaryPrimitives.ReverseEndianness(EthernetArp)), "socket", "packets"), ownsHandle: true);
        var frame = Frame(mac, address.GetAddressBytes());
        Span<byte> to = stackalloc byte[SocketAddressBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(to, AfPacket);
        BinaryPrimitives.WriteUInt16BigEndian(to[2..], EthernetArp);
        BinaryPrimitives.WriteInt32LittleEndian(to[4..], index);
        to[11] = MacBytes;
        to.Slice(12, MacBytes).Fill(0xFF);
        SyscallException.Check((int)Libc.SendTo(socket, frame, (nuint)frame.Length, 0, to, SocketAddressBytes), "sendto", $"interface {index}");
    }

    // Sender and target are the same address: nobody is asked, everybody is told.
    static byte[] Frame(ReadOnlySpan<byte> mac, ReadOnlySpan<byte> address)
    {
        var frame = new byte[42];
        var rest = frame.AsSpan();
        rest[..MacBytes].Fill(0xFF);
        mac.CopyTo(rest[MacBytes..]);
        BinaryPrimitives.WriteUInt16BigEndian(rest[12..], EthernetArp);
        BinaryPrimitives.WriteUInt16BigEndian(rest[14..], EthernetKind);
        BinaryPrimitives.WriteUInt16BigEndian(rest[16..], InternetProtocol);
        (rest[18], rest[19]) = (MacBytes, AddressBytes);
        BinaryPrimitives.WriteUInt16BigEndian(rest[20..], Request);
        mac.CopyTo(rest[22..]);
        address.CopyTo(rest[28..]);
        address.CopyTo(rest[38..]);
        return frame;
    }
}
