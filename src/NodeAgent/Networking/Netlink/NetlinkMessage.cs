using System.Buffers.Binary;
using System.Text;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>
/// Builds one rtnetlink request: header, fixed part, attributes, nested attributes (netlink(7), rtnetlink(7)).
/// All numbers are in the machine's byte order, which is little-endian wherever this runs.
/// </summary>
sealed class NetlinkMessage
{
    public const int HeaderBytes = 16;
    // The largest request here creates a veth pair: below 300 bytes.
    const int MaxBytes = 1024;

    readonly byte[] _buffer = new byte[MaxBytes];
    int _length = HeaderBytes;

    public NetlinkMessage(RouteType type, RequestFlags flags) : this((ushort)type, flags)
    {
    }

    /// <param name="type">A type of another part of the kernel than rtnetlink.</param>
    public NetlinkMessage(ushort type, RequestFlags flags)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(4), type);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(6), (ushort)flags);
    }

    /// <summary>struct ifinfomsg.</summary>
    public NetlinkMessage Link(int index, uint flags = 0, uint change = 0)
    {
        var part = Take(16);
        BinaryPrimitives.WriteInt32LittleEndian(part[4..], index);
        BinaryPrimitives.WriteUInt32LittleEndian(part[8..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(part[12..], change);
        return this;
    }

    /// <summary>Bytes of a fixed part such as struct ifaddrmsg or struct rtmsg.</summary>
    public NetlinkMessage Fixed(ReadOnlySpan<byte> part)
    {
        part.CopyTo(Take(part.Length));
        return this;
    }

    public NetlinkMessage Text(ushort type, string value) => Bytes(type, Encoding.UTF8.GetBytes(value + '\0'));

    public NetlinkMessage Number(ushort type, int value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return Bytes(type, bytes);
    }

    public NetlinkMessage Bytes(ushort type, ReadOnlySpan<byte> value)
    {
        var start = BeginAttribute(type);
        value.CopyTo(Take(value.Length));
        EndAttribute(start);
        return this;
    }

    public NetlinkMessage Nested(ushort type, Action<NetlinkMessage> content)
    {
        var start = BeginAttribute(type);
        content(this);
        EndAttribute(start);
        return this;
    }

    public ReadOnlySpan<byte> Finish(uint sequence)
    {
        BinaryPrimitives.WriteInt32LittleEndian(_buffer, _length);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(8), sequence);
        return _buffer.AsSpan(0, _length);
    }

    int BeginAttribute(ushort type)
    {
        var start = _length;
        BinaryPrimitives.WriteUInt16LittleEndian(Take(4)[2..], type);
        return start;
    }

    // An attribute's length leaves out the padding behind it.
    void EndAttribute(int start)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(start), (ushort)(_length - start));
        _length = (_length + 3) & ~3;
    }

    Span<byte> Take(int bytes)
    {
        var part = _buffer.AsSpan(_length, bytes);
        _length += bytes;
        return part;
    }
}

/// <summary>rtnetlink message types used here (linux/rtnetlink.h).</summary>
enum RouteType : ushort
{
    NewLink = 16,
    DelLink = 17,
    GetLink = 18,
    NewAddress = 20,
    DelAddress = 21,
    GetAddress = 22,
    NewRoute = 24,
    DelRoute = 25,
    GetRoute = 26,
    NewNeighbour = 28,
    DelNeighbour = 29,
    GetNeighbour = 30,
    NewShaping = 36, // RTM_NEWQDISC
}

/// <summary>Request flags (linux/netlink.h).</summary>
[Flags]
enum RequestFlags : ushort
{
    Request = 1,
    Acknowledge = 4,
    Replace = 0x100,
    Exclusive = 0x200,
    Dump = 0x300,
    Create = 0x400,
}
