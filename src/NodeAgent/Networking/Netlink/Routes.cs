using System.Buffers.Binary;
using System.Net;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>
/// One route of ours: a range, and where it leads. No gateway and no interface: unreachable. Both: the gateway is taken to be behind the interface, whatever its address.
/// </summary>
sealed record Route(AddressRange To, IPAddress? Gateway = null, int? Interface = null);

/// <summary>
/// The routes of one namespace that carry our protocol number, and the means to make them exactly what they should be.
/// Routes of others are neither seen nor touched.
/// </summary>
sealed class Routes(NetlinkSocket socket)
{
    // Any number above RTPROT_STATIC that no routing daemon claims (iproute2, rt_protos).
    const byte OurProtocol = 79;
    const byte AfInet = 2;
    const byte MainTable = 254;
    const byte ScopeUniverse = 0;
    const byte ScopeLink = 253;
    const byte Unicast = 1;
    const byte Unreachable = 7;
    const byte OnLink = 4; // RTNH_F_ONLINK, in the lowest byte of rtm_flags
    const ushort RtaDst = 1;
    const ushort RtaOif = 4;
    const ushort RtaGateway = 5;
    const int RtmsgBytes = 12;

    public void Set(Route route)
    {
        var errno = TrySet(route);
        if (errno != 0)
            throw new SyscallException("rtnetlink", errno, Describe(route));
    }

    /// <summary>Sets a route, replacing ours to the same range. Hands back the kernel's errno: a gateway may be out of reach.</summary>
    public int TrySet(Route route) => socket.TrySend(
        Message(RouteType.NewRoute, RequestFlags.Request | RequestFlags.Acknowledge | RequestFlags.Create | RequestFlags.Replace, route), Describe(route));

    public void Delete(Route route)
    {
        var errno = socket.TrySend(Message(RouteType.DelRoute, RequestFlags.Request | RequestFlags.Acknowledge, route), Describe(route));
        if (errno is not (0 or Errno.Esrch))
            throw new SyscallException("rtnetlink", errno, Describe(route));
    }

    /// <summary>Our routes as they stand.</summary>
    public IReadOnlyList<Route> List()
    {
        List<Route> routes = [];
        var any = new byte[RtmsgBytes];
        any[0] = AfInet;
        var errno = socket.Exchange(new NetlinkMessage(RouteType.GetRoute, RequestFlags.Request | RequestFlags.Dump).Fixed(any), "routes",
            (_, body) =>
            {
                if (body[5] == OurProtocol && body[4] == MainTable)
                    routes.Add(Read(body));
            });
        return errno == 0 ? routes : throw new SyscallException("rtnetlink getroute", errno, "routes");
    }

    static Route Read(byte[] body)
    {
        var to = IPAddress.Any;
        IPAddress? gateway = null;
        int? device = null;
        foreach (var (type, value) in NetlinkAttributes.Of(body, RtmsgBytes))
        {
            switch (type)
            {
                case RtaDst:
                    to = new IPAddress(value);
                    break;
                case RtaGateway:
                    gateway = new IPAddress(value);
                    break;
                case RtaOif:
                    device = BinaryPrimitives.ReadInt32LittleEndian(value);
                    break;
            }
        }

        return new Route(new AddressRange(to, body[1]), gateway, gateway is null && body[7] == Unicast ? device : null);
    }

    static NetlinkMessage Message(RouteType type, RequestFlags flags, Route route)
    {
        var unreachable = route.Gateway is null && route.Interface is null;
        ReadOnlySpan<byte> part = [AfInet, (byte)route.To.PrefixLength, 0, 0, MainTable, OurProtocol,
            route.Interface is not null && route.Gateway is null ? ScopeLink : ScopeUniverse, unreachable ? Unreachable : Unicast, route is { Gateway: not null, Interface: not null } ? OnLink : (byte)0, 0, 0, 0];
        var message = new NetlinkMessage(type, flags).Fixed(part);
        if (route.To.PrefixLength > 0)
            message.Bytes(RtaDst, route.To.First.GetAddressBytes());
        if (route.Gateway is not null)
            message.Bytes(RtaGateway, route.Gateway.GetAddressBytes());
        if (route.Interface is { } device)
            message.Number(RtaOif, device);
        return message;
    }

    static string Describe(Route route) => $"route {route.To} via {route.Gateway?.ToString() ?? (route.Interface is null ? "nowhere" : $"interface {route.Interface}")}";
}
