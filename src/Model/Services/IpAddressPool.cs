using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Services;

/// <summary>Addresses of the nodes' own link that services of type LoadBalancer get. Source: MetalLB, metallb.io/v1beta1 IPAddressPool.</summary>
public sealed record IpAddressPool() : Resource<IpAddressPoolSpec, IpAddressPoolStatus>("metallb.io/v1beta1", KindName)
{
    public const string KindName = "IPAddressPool";
}

[KnownUpstream("avoidBuggyIPs", "serviceAllocation")]
public sealed record IpAddressPoolSpec
{
    /// <summary>Ranges such as 192.168.1.240-192.168.1.250, or 192.168.1.240/28.</summary>
    public IReadOnlyList<string> Addresses { get; init => field = value ?? []; } = [];

    /// <summary>False: only for services that ask for one of them.</summary>
    [Default("true")]
    public bool AutoAssign { get; init; } = true;
}

public sealed record IpAddressPoolStatus;

/// <summary>A range of IPv4 addresses as numbers, both ends included.</summary>
public readonly record struct AddressSpan(uint First, uint Last)
{
    public bool Contains(uint address) => address >= First && address <= Last;

    public bool Overlaps(AddressSpan other) => First <= other.Last && other.First <= Last;

    /// <returns>Null for what is no range of IPv4 addresses.</returns>
    public static AddressSpan? Parse(string text)
    {
        var dash = text.IndexOf('-');
        if (dash >= 0) return NumberOf(text[..dash].Trim()) is { } first && NumberOf(text[(dash + 1)..].Trim()) is { } last && first <= last ? new AddressSpan(first, last) : null;
        if (!IPNetwork.TryParse(text, out var network) || network.BaseAddress.AddressFamily != AddressFamily.InterNetwork || NumberOf(network.BaseAddress.ToString()) is not { } start) return null;
        return new AddressSpan(start, start + (uint)((1ul << (32 - network.PrefixLength)) - 1));
    }

    public static uint? NumberOf(string text) =>
        IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetwork && address.ToString() == text ? BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) : null;

    public static string TextOf(uint number)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, number);
        return new IPAddress(bytes).ToString();
    }
}
