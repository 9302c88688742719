using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace Orchestrator.Ingress;

/// <summary>
/// What a load balancer says at the beginning of a connection: whom it is from. Both versions. Source: haproxy.org, "The PROXY protocol, versions 1 and 2".
/// </summary>
/// <param name="Bytes">How long it is; 0 while more of it has to come.</param>
/// <param name="Source">Null when it says nothing of a client: the load balancer's own connection.</param>
readonly record struct ProxyHeader(int Bytes, IPEndPoint? Source)
{
    /// <summary>The longest that is taken: version 1 has 107 bytes at most, and no load balancer adds kilobytes to version 2.</summary>
    public const int MostBytes = 2048;

    const int MostLine = 107, Fixed = 16, IPv4Bytes = 12, IPv6Bytes = 36;
    const byte Version2 = 0x20, Local = 0, Proxied = 1, Inet = 1, Inet6 = 2;

    static ReadOnlySpan<byte> Signature => [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A];

    /// <summary>Reads it from the first bytes of a connection.</summary>
    /// <exception cref="FormatException">It is not one.</exception>
    public static ProxyHeader Read(ReadOnlySpan<byte> bytes)
    {
        if (Begins(bytes, Signature)) return bytes.Length < Fixed ? default : Binary(bytes);
        if (Begins(bytes, "PROXY "u8)) return Line(bytes);
        throw new FormatException("the connection does not begin with a header of the PROXY protocol");
    }

    static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> mark) => bytes[..Math.Min(bytes.Length, mark.Length)].SequenceEqual(mark[..Math.Min(bytes.Length, mark.Length)]);

    static ProxyHeader Line(ReadOnlySpan<byte> bytes)
    {
        var end = bytes[..Math.Min(bytes.Length, MostLine)].IndexOf("\r\n"u8);
        if (end < 0) return bytes.Length < MostLine ? default : throw new FormatException("the header of the PROXY protocol has no end");
        var words = Encoding.ASCII.GetString(bytes[..end]).Split(' ');
        return words switch
        {
            ["PROXY", "UNKNOWN", ..] => new ProxyHeader(end + 2, null),
            ["PROXY", "TCP4" or "TCP6", var source, _, var port, _] when IPAddress.TryParse(source, out var address) && ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                => new ProxyHeader(end + 2, new IPEndPoint(address, number)),
            _ => throw new FormatException("the header of the PROXY protocol names no client"),
        };
    }

    static ProxyHeader Binary(ReadOnlySpan<byte> bytes)
    {
        var (command, family, length) = ((byte)(bytes[12] ^ Version2), bytes[13] >> 4, BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]));
        var all = Fixed + length;
        if (command > Proxied) throw new FormatException("the header of the PROXY protocol is of another version");
        if (all > MostBytes) throw new FormatException($"the header of the PROXY protocol has {all} bytes, and at most {MostBytes} are taken");
        if (bytes.Length < all) return default;
        var rest = bytes[Fixed..all];
        return (command, family) switch
        {
            (Local, _) => new ProxyHeader(all, null),
            (_, Inet) when length >= IPv4Bytes => new ProxyHeader(all, new IPEndPoint(new IPAddress(rest[..4]), BinaryPrimitives.ReadUInt16BigEndian(rest[8..]))),
            (_, Inet6) when length >= IPv6Bytes => new ProxyHeader(all, new IPEndPoint(new IPAddress(rest[..16]), BinaryPrimitives.ReadUInt16BigEndian(rest[32..]))),
            (_, Inet or Inet6) => throw new FormatException("the header of the PROXY protocol is too short for its addresses"),
            _ => new ProxyHeader(all, null), // of no network: the specification wants it accepted
        };
    }
}
