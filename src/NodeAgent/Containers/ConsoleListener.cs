using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The unix socket over which an OCI runtime hands out the terminal of a process (<c>--console-socket</c> of runc): one message with one
/// descriptor in it (SCM_RIGHTS, unix(7)).
/// </summary>
sealed class ConsoleListener : IDisposable
{
    readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    /// <param name="directory">One that only root can enter; the path is short enough for a socket's address.</param>
    public ConsoleListener(string directory)
    {
        Path = System.IO.Path.Combine(directory, $"{Guid.NewGuid():N}"[..12]);
        _socket.Bind(new UnixDomainSocketEndPoint(Path));
        _socket.Listen(1);
    }

    public string Path { get; }

    /// <summary>Waits for the runtime to hand out the terminal.</summary>
    /// <exception cref="IOException">It sent something else.</exception>
    public async Task<PseudoTerminal> AcceptAsync(CancellationToken cancel)
    {
        using var runtime = await _socket.AcceptAsync(cancel);
        // Looks for data without taking it, so that the call below does not wait.
        await runtime.ReceiveAsync(new byte[1], SocketFlags.Peek, cancel);
        return new PseudoTerminal(Receive(runtime));
    }

    public void Dispose()
    {
        _socket.Dispose();
        File.Delete(Path);
    }

    static unsafe SafeFileHandle Receive(Socket runtime)
    {
        const int dataBytes = 256;
        var data = stackalloc byte[dataBytes];
        Libc.RightsMessage rights = default;
        Libc.IoVector vector = new() { Base = data, Length = dataBytes };
        Libc.MessageHeader message = new() { Vectors = &vector, VectorCount = 1, Control = &rights, ControlLength = (nuint)sizeof(Libc.RightsMessage) };
        if (Libc.Recvmsg(runtime.SafeHandle, ref message, Libc.MsgCmsgCloexec) < 0)
            throw new SyscallException("recvmsg", Marshal.GetLastPInvokeError(), "a console socket");
        return rights.IsOne ? new SafeFileHandle(rights.Descriptor, ownsHandle: true) : throw new IOException("the runtime sent no terminal");
    }
}
