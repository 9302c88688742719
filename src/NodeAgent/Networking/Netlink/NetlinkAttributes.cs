using System.Buffers.Binary;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>The attributes behind the fixed part of an answer (netlink(7)).</summary>
static class NetlinkAttributes
{
    const int HeadBytes = 4;

    public static IEnumerable<(ushort Type, byte[] Value)> Of(byte[] body, int fixedBytes)
    {
        for (var at = fixedBytes; body.Length - at >= HeadBytes;)
        {
            int length = BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at));
            if (length < HeadBytes || length > body.Length - at) yield break;
            yield return (BinaryPrimitives.ReadUInt16LittleEndian(body.AsSpan(at + 2)), body[(at + HeadBytes)..(at + length)]);
            at += (length + 3) & ~3;
        }
    }
}
