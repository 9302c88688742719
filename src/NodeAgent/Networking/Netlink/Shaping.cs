using System.Buffers.Binary;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>Limits what interfaces send by a token bucket, which the kernel keeps. Source: tc-tbf(8), linux/pkt_sched.h.</summary>
sealed class Shaping(NetlinkSocket socket)
{
    const ushort TcaKind = 1, TcaOptions = 2;
    const ushort TbfParameters = 1, TbfRate64 = 4, TbfBurst = 6;
    const int MessageBytes = 20, ParameterBytes = 36; // struct tcmsg, struct tc_tbf_qopt
    const int LinkLayerAt = 1, RateAt = 8, LimitAt = 24;
    const byte LinkLayerEthernet = 1;
    const uint Root = 0xffffffff; // TC_H_ROOT

    /// <summary>Bytes that go at once even where the rate is low: one large packet of TCP.</summary>
    const long LeastBurst = 64 << 10;

    /// <summary>Bursts a second that add up to the rate, where that is high.</summary>
    const int BurstsASecond = 50;

    /// <summary>Seconds, as a part of one, that a packet may wait before it is dropped.</summary>
    const int LongestWait = 40;

    const RequestFlags Make = RequestFlags.Request | RequestFlags.Acknowledge | RequestFlags.Create | RequestFlags.Replace;

    /// <param name="bits">A second.</param>
    public void Limit(int index, long bits)
    {
        var rate = Math.Max(1, bits / 8);
        var burst = (int)Math.Min(int.MaxValue / 2, Math.Max(LeastBurst, rate / BurstsASecond));
        Span<byte> message = stackalloc byte[MessageBytes];
        message.Clear();
        BinaryPrimitives.WriteInt32LittleEndian(message[4..], index);
        BinaryPrimitives.WriteUInt32LittleEndian(message[12..], Root);
        var parameters = new byte[ParameterBytes];
        parameters[LinkLayerAt] = LinkLayerEthernet; // the kernel then reckons by itself, without a table
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(RateAt), (uint)Math.Min(rate, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(parameters.AsSpan(LimitAt), (uint)Math.Min(uint.MaxValue / 2, burst + (rate / LongestWait)));
        var rate64 = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(rate64, rate);
        socket.Send(new NetlinkMessage(RouteType.NewShaping, Make).Fixed(message).Text(TcaKind, "tbf").Nested(TcaOptions, options =>
        {
            options.Bytes(TbfParameters, parameters);
            if (rate > uint.MaxValue) options.Bytes(TbfRate64, rate64);
            options.Number(TbfBurst, burst);
        }), $"limit of {bits} bits a second on interface {index}");
    }
}
