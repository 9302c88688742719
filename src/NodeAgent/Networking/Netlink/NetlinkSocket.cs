using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking.Netlink;

/// <summary>
/// A rtnetlink socket: one request, its answers, its acknowledgement. It belongs for its life to the network
/// namespace of the thread that opened it.
/// </summary>
sealed class NetlinkSocket : IDisposable
{
    const int AfNetlink = 16;
    const int SockRaw = 3;
    const int SockCloexec = 0x80000;
    const int NetlinkRoute = 0;
    const int SolSocket = 1;
    const int SoRcvTimeo = 20;
    const int NlmsgError = 2;
    const int NlmsgDone = 3;
    // Dumps come in parts of at most 32 KiB (netlink(7)).
    const int ReceiveBytes = 64 * 1024;
    // The kernel answers at once; this only keeps a lost answer from hanging the agent.
    const int TimeoutSeconds = 10;

    readonly SafeFileHandle _socket;
    readonly byte[] _buffer = new byte[ReceiveBytes];
    uint _sequence;

    /// <param name="protocol">The kernel's part to talk to; routing unless said otherwise (netlink(7)).</param>
    public NetlinkSocket(int protocol = NetlinkRoute)
    {
        var fd = Libc.Socket(AfNetlink, SockRaw | SockCloexec, protocol);
        _socket = new SafeFileHandle(SyscallException.Check(fd, "socket", "rtnetlink"), ownsHandle: true);
        Span<byte> timeout = stackalloc byte[16];
        BinaryPrimitives.WriteInt64LittleEndian(timeout, TimeoutSeconds);
        SyscallException.Check(Libc.Setsockopt(_socket, SolSocket, SoRcvTimeo, timeout, 16), "setsockopt", "rtnetlink");
    }

    /// <summary>Sends a request and waits for its acknowledgement.</summary>
    /// <exception cref="SyscallException">The kernel refused it; the target is what the caller names.</exception>
    public void Send(NetlinkMessage message, string target)
    {
        var errno = TrySend(message, target);
        if (errno != 0)
            throw new SyscallException("rtnetlink", errno, target);
    }

    /// <summary>As Send, with the kernel's errno handed back; 0 is success.</summary>
    public int TrySend(NetlinkMessage message, string target) => Exchange(message, target, (_, _) => { });

    /// <summary>Sends a request and hands each answer's type and body to the caller. Returns the errno, 0 for success.</summary>
    public int Exchange(NetlinkMessage message, string target, Action<ushort, byte[]> answer)
    {
        var request = message.Finish(++_sequence);
        SyscallException.Check((int)Libc.Send(_socket, request, (nuint)request.Length, 0), "send", target);
        while (true)
        {
            var received = (int)Libc.Recv(_socket, _buffer, (nuint)_buffer.Length, 0);
            if (received < 0 && Marshal.GetLastPInvokeError() == Errno.Eintr)
                continue;
            SyscallException.Check(received, "recv", target);
            if (Walk(_buffer.AsSpan(0, received), answer) is { } errno)
                return errno;
        }
    }

    // Null: more is to come.
    int? Walk(ReadOnlySpan<byte> data, Action<ushort, byte[]> answer)
    {
        while (data.Length >= NetlinkMessage.HeaderBytes)
        {
            var length = BinaryPrimitives.ReadInt32LittleEndian(data);
            if (length < NetlinkMessage.HeaderBytes || length > data.Length)
                throw new InvalidDataException($"rtnetlink message of {length} bytes in {data.Length}");
            var type = BinaryPrimitives.ReadUInt16LittleEndian(data[4..]);
            var body = data[NetlinkMessage.HeaderBytes..length];
            // An answer to an earlier request that was given up is not ours.
            if (BinaryPrimitives.ReadUInt32LittleEndian(data[8..]) == _sequence)
            {
                if (type is NlmsgError or NlmsgDone)
                    return body.Length >= 4 ? -BinaryPrimitives.ReadInt32LittleEndian(body) : 0;
                answer(type, body.ToArray());
            }

            data = data[Math.Min(data.Length, (length + 3) & ~3)..];
        }

        return null;
    }

    public void Dispose() => _socket.Dispose();
}
