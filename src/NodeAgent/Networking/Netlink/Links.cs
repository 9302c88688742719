using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>
/// The network interfaces of one namespace: found, made, joined, addressed. Each call can be repeated:
/// what is there already is left as it is.
/// </summary>
sealed class Links(NetlinkSocket socket)
{
    const ushort IflaAddress = 1;
    const ushort IflaIfname = 3;
    const ushort IflaMtu = 4;
    const ushort IflaMaster = 10;
    const ushort IflaLinkinfo = 18;
    const ushort IflaNetNsFd = 28;
    const ushort IflaInfoKind = 1;
    const ushort IflaInfoData = 2;
    const ushort IflaInfoSlaveKind = 4;
    const ushort IflaInfoSlaveData = 5;
    const ushort IflaBrportMode = 4;
    const ushort VethInfoPeer = 1;
    const ushort VxlanId = 1;
    const ushort VxlanLocal = 4;
    const ushort VxlanLearning = 7;
    const ushort VxlanPort = 15;
    const int LinkBytes = 16;
    const int AddressBytes = 8;
    const ushort IfaAddress = 1;
    const ushort IfaLocal = 2;
    const ushort IfaBroadcast = 4;
    const ushort IfaCacheInfo = 6;
    const int LifetimeBytes = 16;
    const byte HostPrefix = 32;
    const uint IffUp = 1;
    const byte AfInet = 2;
    const RequestFlags Make = RequestFlags.Request | RequestFlags.Acknowledge | RequestFlags.Create | RequestFlags.Exclusive;
    const RequestFlags Change = RequestFlags.Request | RequestFlags.Acknowledge;

    /// <summary>The interface's index; null when there is none of that name.</summary>
    public int? Find(string name)
    {
        int? index = null;
        var errno = socket.Exchange(new NetlinkMessage(RouteType.GetLink, Change).Link(0).Text(IflaIfname, name), name,
            (type, body) =>
            {
                if (type == (ushort)RouteType.NewLink)
                    index = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(4));
            });
        return errno is 0 or Errno.Enodev ? index : throw new SyscallException("rtnetlink getlink", errno, name);
    }

    public int Index(string name) => Find(name) ?? throw new SyscallException("rtnetlink getlink", Errno.Enodev, name);

    public int MakeBridge(string name, ReadOnlySpan<byte> mac)
    {
        var message = new NetlinkMessage(RouteType.NewLink, Make).Link(0).Text(IflaIfname, name).Bytes(IflaAddress, mac)
            .Nested(IflaLinkinfo, info => info.Text(IflaInfoKind, "bridge"));
        Tolerate(socket.TrySend(message, $"add bridge {name}"), Errno.Eexist, $"add bridge {name}");
        return Index(name);
    }

    /// <summary>Makes the end of a tunnel that learns nothing by itself. Source: RFC 7348.</summary>
    /// <param name="local">The address it sends from; null for what the kernel chooses.</param>
    /// <param name="port">Over UDP.</param>
    /// <param name="mtu">In bytes, of what is inside.</param>
    public int MakeVxlan(string name, ReadOnlySpan<byte> mac, int id, System.Net.IPAddress? local, ushort port, int mtu)
    {
        var message = new NetlinkMessage(RouteType.NewLink, Make).Link(0).Text(IflaIfname, name).Bytes(IflaAddress, mac).Number(IflaMtu, mtu)
            .Nested(IflaLinkinfo, info => info.Text(IflaInfoKind, "vxlan").Nested(IflaInfoData, data =>
            {
                data.Number(VxlanId, id).Bytes(VxlanLearning, [0]).Bytes(VxlanPort, [(byte)(port >> 8), (byte)port]);
                if (local is not null) data.Bytes(VxlanLocal, local.GetAddressBytes());
            }));
        Tolerate(socket.TrySend(message, $"add vxlan {name}"), Errno.Eexist, $"add vxlan {name}");
        return Index(name);
    }

    /// <summary>The largest packet of the interface with an address, in bytes; null when none has it.</summary>
    public int? MtuAt(System.Net.IPAddress address) => IndexAt(address) is { } index && Attribute(index, IflaMtu) is { } mtu ? BinaryPrimitives.ReadInt32LittleEndian(mtu) : null;

    /// <summary>The interface with an address; null when none has it.</summary>
    public int? IndexAt(System.Net.IPAddress address)
    {
        int? index = null;
        var wanted = address.GetAddressBytes();
        Check(socket.Exchange(new NetlinkMessage(RouteType.GetAddress, RequestFlags.Request | RequestFlags.Dump).Fixed([AfInet, 0, 0, 0, 0, 0, 0, 0]), "addresses", (_, body) =>
        {
            if (NetlinkAttributes.Of(body, AddressBytes).Any(each => each.Type == IfaLocal && each.Value.AsSpan().SequenceEqual(wanted))) index = BinaryPrimitives.ReadInt32LittleEndian(body.AsSpan(4));
        }), "addresses");
        return index;
    }

    /// <summary>The hardware address of an interface; null when it has none of Ethernet's kind.</summary>
    public byte[]? MacOf(int index) => Attribute(index, IflaAddress) is { Length: 6 } mac ? mac : null;

    /// <summary>Gives an interface an address of its own for so many seconds, or as many more when it has it: the kernel takes it away when they are over, whoever has died meanwhile.</summary>
    public void LendAddress(int index, System.Net.IPAddress address, uint seconds)
    {
        var lifetimes = new byte[LifetimeBytes];
        BinaryPrimitives.WriteUInt32LittleEndian(lifetimes, seconds);
        BinaryPrimitives.WriteUInt32LittleEndian(lifetimes.AsSpan(4), seconds);
        socket.Send(Lent(RouteType.NewAddress, RequestFlags.Request | RequestFlags.Acknowledge | RequestFlags.Create | RequestFlags.Replace, index, address).Bytes(IfaCacheInfo, lifetimes), $"add address {address}");
    }

    /// <summary>Takes such an address away. One that is not there is fine.</summary>
    public void TakeAddress(int index, System.Net.IPAddress address) =>
        Tolerate(socket.TrySend(Lent(RouteType.DelAddress, Change, index, address), $"remove address {address}"), Errno.Eaddrnotavail, $"remove address {address}");

    static NetlinkMessage Lent(RouteType type, RequestFlags flags, int index, System.Net.IPAddress address)
    {
        Span<byte> part = stackalloc byte[AddressBytes];
        part[0] = AfInet;
        part[1] = HostPrefix;
        BinaryPrimitives.WriteInt32LittleEndian(part[4..], index);
        return new NetlinkMessage(type, flags).Fixed(part).Bytes(IfaLocal, address.GetAddressBytes()).Bytes(IfaAddress, address.GetAddressBytes());
    }

    byte[]? Attribute(int index, ushort attribute)
    {
        byte[]? found = null;
        Check(socket.Exchange(new NetlinkMessage(RouteType.GetLink, Change).Link(index), $"interface {index}", (type, body) =>
        {
            if (type == (ushort)RouteType.NewLink) found = NetlinkAttributes.Of(body, LinkBytes).FirstOrDefault(each => each.Type == attribute).Value;
        }), $"interface {index}");
        return found;
    }

    /// <summary>Makes a pair of interfaces: one here, joined to the bridge, the other in another namespace.</summary>
    public void MakePair(string here, int bridge, string there, ReadOnlySpan<byte> macThere, int mtu, SafeFileHandle otherNamespace)
    {
        var mac = macThere.ToArray();
        var message = new NetlinkMessage(RouteType.NewLink, Make).Link(0).Text(IflaIfname, here).Number(IflaMaster, bridge).Number(IflaMtu, mtu)
            .Nested(IflaLinkinfo, info => info.Text(IflaInfoKind, "veth").Nested(IflaInfoData, data => data.Nested(VethInfoPeer, peer => peer
                .Link(0).Text(IflaIfname, there).Bytes(IflaAddress, mac).Number(IflaMtu, mtu).Number(IflaNetNsFd, (int)otherNamespace.DangerousGetHandle()))));
        socket.Send(message, $"add veth {here}");
    }

    /// <summary>Lets a bridge send what came from a port back to it: a pod that reaches itself through a service (bridge(8), hairpin).</summary>
    public void SetHairpin(int port) => socket.Send(new NetlinkMessage(RouteType.NewLink, Change).Link(port)
        .Nested(IflaLinkinfo, info => info.Text(IflaInfoSlaveKind, "bridge").Nested(IflaInfoSlaveData, data => data.Bytes(IflaBrportMode, [1]))), $"hairpin of interface {port}");

    public void SetUp(int index) =>
        socket.Send(new NetlinkMessage(RouteType.NewLink, Change).Link(index, IffUp, IffUp), $"set interface {index} up");

    public void AddAddress(int index, AddressRange range, System.Net.IPAddress address)
    {
        Span<byte> part = stackalloc byte[8];
        part[0] = AfInet;
        part[1] = (byte)range.PrefixLength;
        BinaryPrimitives.WriteInt32LittleEndian(part[4..], index);
        var message = new NetlinkMessage(RouteType.NewAddress, Make).Fixed(part)
            .Bytes(IfaLocal, address.GetAddressBytes()).Bytes(IfaAddress, address.GetAddressBytes())
            .Bytes(IfaBroadcast, range.Last.GetAddressBytes());
        Tolerate(socket.TrySend(message, $"add address {address}"), Errno.Eexist, $"add address {address}");
    }

    /// <summary>Removes an interface, a veth with its other end. None there is fine.</summary>
    public void Delete(string name)
    {
        var errno = socket.TrySend(new NetlinkMessage(RouteType.DelLink, Change).Link(0).Text(IflaIfname, name), name);
        Tolerate(errno, Errno.Enodev, $"delete interface {name}");
    }

    static void Check(int errno, string target) => Tolerate(errno, 0, target);

    static void Tolerate(int errno, int tolerated, string target)
    {
        if (errno != 0 && errno != tolerated)
            throw new SyscallException("rtnetlink", errno, target);
    }
}
