using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// An IPv4 range in CIDR notation: its first address and its prefix length. Host bits are cut on making.
/// </summary>
public sealed record AddressRange
{
    readonly uint _first;

    /// <summary>Makes the range that an address with a prefix length lies in.</summary>
    public AddressRange(IPAddress address, int prefixLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(prefixLength, 32);
        ArgumentOutOfRangeException.ThrowIfNegative(prefixLength);
        PrefixLength = prefixLength;
        _first = ToNumber(address) & Mask;
    }

    /// <summary>The bits that all its addresses share, 0 to 32.</summary>
    public int PrefixLength { get; }

    /// <summary>Its lowest address: the network's own name.</summary>
    public IPAddress First => FromNumber(_first);

    /// <summary>Its highest address: the broadcast address.</summary>
    public IPAddress Last => FromNumber(_first | ~Mask);

    /// <summary>How many addresses it has.</summary>
    public long Count => 1L << (32 - PrefixLength);

    uint Mask => PrefixLength == 0 ? 0 : uint.MaxValue << (32 - PrefixLength);

    /// <summary>The address this many steps from the first.</summary>
    public IPAddress At(long offset) => FromNumber((uint)(_first + offset));

    /// <summary>How far an address is from the first; null when it lies outside.</summary>
    public long? OffsetOf(IPAddress address) =>
        address.AddressFamily == AddressFamily.InterNetwork && (ToNumber(address) & Mask) == _first ? ToNumber(address) - _first : null;

    /// <summary>Reads "10.244.1.0/24".</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out AddressRange? range)
    {
        range = null;
        var parts = (text ?? "").Split('/');
        if (parts.Length != 2 || !IPAddress.TryParse(parts[0], out var address) || address.AddressFamily != AddressFamily.InterNetwork
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var length) || length > 32)
            return false;
        range = new AddressRange(address, length);
        return true;
    }

    /// <exception cref="FormatException">It is not an IPv4 range.</exception>
    public static AddressRange Parse(string text) =>
        TryParse(text, out var range) ? range : throw new FormatException($"\"{text}\" is not an IPv4 range such as 10.244.1.0/24");

    /// <inheritdoc/>
    public override string ToString() => $"{First}/{PrefixLength}";

    static uint ToNumber(IPAddress address) => BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes());

    static IPAddress FromNumber(uint number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes);
    }
}
