using System.Text;

namespace Orchestrator.Runtime.Syscalls;

static unsafe partial class Kernel
{
    const int Unix = 1, Stream = 1, Datagram = 2; // AF_UNIX, SOCK_STREAM, SOCK_DGRAM
    const int AddressBytes = 110, PathOffset = 2; // struct sockaddr_un

    public static Fd ConnectUnix(string path) => TryConnectUnix(path, out var errno) ?? throw new SyscallException("connect", errno, path);

    /// <summary>A connection to a path-based stream socket, or null and why not.</summary>
    public static Fd? TryConnectUnix(string path, out Errno errno)
    {
        var address = stackalloc byte[AddressBytes];
        var length = FillAddress(path, address);
        var fd = NewUnix(path);
        Try(out errno, Call.connect, fd.Number, (nint)address, length);
        if (errno == Errno.None) return fd;
        fd.Dispose();
        return null;
    }

    /// <summary>Listens on a path with mode 0600. The path must be free.</summary>
    public static Fd ListenUnix(string path, int backlog)
    {
        const int privateMask = 0x7F; // 0177
        var address = stackalloc byte[AddressBytes];
        var length = FillAddress(path, address);
        var fd = NewUnix(path);
        var mask = Do(path, Call.umask, privateMask);
        Try(out var errno, Call.bind, fd.Number, (nint)address, length);
        Do(path, Call.umask, mask);
        if (errno != Errno.None) throw new SyscallException("bind", errno, path);
        Do(path, Call.listen, fd.Number, backlog);
        return fd;
    }

    /// <summary>Takes datagrams of everybody at a name in a directory, whose path may be longer than a socket's; not to be waited for in a read.</summary>
    public static Fd BindDatagrams(string directory, string name)
    {
        using var held = Open(directory, O.PATH | O.DIRECTORY);
        var address = stackalloc byte[AddressBytes];
        var length = FillAddress($"/proc/self/fd/{held.Number}/{name}", address);
        var fd = new Fd((int)Do(directory, Call.socket, Unix, Datagram | (int)O.CLOEXEC | (int)O.NONBLOCK, 0));
        var mask = Do(directory, Call.umask, 0);
        Try(out var errno, Call.bind, fd.Number, (nint)address, length);
        Do(directory, Call.umask, mask);
        return errno == Errno.None ? fd : throw new SyscallException("bind", errno, $"{directory}/{name}");
    }

    /// <summary>Sends one datagram to a path, or to a name with an @ in front (unix(7), abstract sockets).</summary>
    public static Errno TrySendDatagram(string path, ReadOnlySpan<byte> data)
    {
        var address = stackalloc byte[AddressBytes];
        var length = FillAddress(path, address);
        if (path[0] == '@') (address[PathOffset], length) = (0, length - 1); // its length counts, and no zero ends it
        using var fd = new Fd((int)Do(path, Call.socket, Unix, Datagram | (int)O.CLOEXEC, 0));
        Try(out var errno, Call.connect, fd.Number, (nint)address, length);
        if (errno != Errno.None) return errno;
        fixed (byte* bytes = data) Try(out errno, Call.write, fd.Number, (nint)bytes, data.Length);
        return errno;
    }

    /// <summary>The next connection, non-blocking, or null if there is none after all.</summary>
    public static Fd? Accept(Fd listener)
    {
        var fd = Try(out var errno, Call.accept4, listener.Number, 0, 0, (nint)(O.CLOEXEC | O.NONBLOCK));
        return errno == Errno.None ? new Fd((int)fd) : null;
    }

    /// <summary>The user id of the process at the other end of a connection (unix(7), SO_PEERCRED).</summary>
    public static uint PeerUid(Fd connection)
    {
        const int socketLevel = 1, peerCredentials = 17;
        var credentials = stackalloc uint[3]; // pid, uid, gid
        var length = 3 * sizeof(uint);
        Do("peer credentials", Call.getsockopt, connection.Number, socketLevel, peerCredentials, (nint)credentials, (nint)(&length));
        return credentials[1];
    }

    /// <summary>Writes what can be written now; returns how much, or -1 if the other end is gone.</summary>
    public static int WriteSome(Fd fd, ReadOnlySpan<byte> data)
    {
        fixed (byte* bytes = data)
        {
            var count = Try(out var errno, Call.write, fd.Number, (nint)bytes, data.Length);
            return errno switch
            {
                Errno.None => (int)count,
                Errno.EAGAIN or Errno.EINTR => 0,
                _ => -1,
            };
        }
    }

    /// <summary>Writes all of a text with a descriptor at its beginning (unix(7), SCM_RIGHTS).</summary>
    public static void SendWithDescriptor(Fd socket, ReadOnlySpan<byte> data, Fd descriptor, string target)
    {
        const int socketLevel = 1, rights = 1, headerBytes = 16, controlBytes = 24, messageWords = 7, noSignal = 0x4000;
        var control = stackalloc byte[controlBytes];
        new Span<byte>(control, controlBytes).Clear();
        *(long*)control = headerBytes + sizeof(int);
        *(int*)(control + 8) = socketLevel;
        *(int*)(control + 12) = rights;
        *(int*)(control + headerBytes) = descriptor.Number;
        fixed (byte* bytes = data)
        {
            var vector = stackalloc nint[2] { (nint)bytes, data.Length };
            // struct msghdr: name, its length, iovec, count, control, its length, flags.
            var message = stackalloc nint[messageWords] { 0, 0, (nint)vector, 1, (nint)control, controlBytes, 0 };
            var sent = (int)Do(target, Call.sendmsg, socket.Number, (nint)message, noSignal);
            if (sent < data.Length) WriteAll(socket.Number, data[sent..], target);
        }
    }

    /// <summary>Two connected stream sockets.</summary>
    public static (Fd, Fd) SocketPair()
    {
        var ends = stackalloc int[2];
        Do("socket pair", Call.socketpair, Unix, Stream | (int)O.CLOEXEC, 0, (nint)ends);
        return (new Fd(ends[0]), new Fd(ends[1]));
    }

    /// <summary>Reads a message and the descriptor that came with it (unix(7), SCM_RIGHTS), or null if none did.</summary>
    public static Fd? ReceiveDescriptor(Fd socket, string target)
    {
        const int rights = 1, headerBytes = 16, controlBytes = 24, messageWords = 7, textBytes = 64, closeOnExec = 0x40000000;
        var text = stackalloc byte[textBytes];
        var control = stackalloc byte[controlBytes];
        new Span<byte>(control, controlBytes).Clear();
        var vector = stackalloc nint[2] { (nint)text, textBytes };
        var message = stackalloc nint[messageWords] { 0, 0, (nint)vector, 1, (nint)control, controlBytes, 0 };
        Do(target, Call.recvmsg, socket.Number, (nint)message, closeOnExec);
        var came = *(long*)control == headerBytes + sizeof(int) && *(int*)(control + 12) == rights;
        return came ? new Fd(*(int*)(control + headerBytes)) : null;
    }

    /// <summary>Reads what is there; -1 if nothing is yet, 0 at the end (or if the other end broke off).</summary>
    public static int ReadSome(Fd fd, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            var count = Try(out var errno, Call.read, fd.Number, (nint)bytes, buffer.Length);
            return errno switch
            {
                Errno.None => (int)count,
                Errno.EAGAIN or Errno.EINTR => -1,
                _ => 0,
            };
        }
    }

    static Fd NewUnix(string target) => new((int)Do(target, Call.socket, Unix, Stream | (int)O.CLOEXEC, 0));

    static int FillAddress(string path, byte* address)
    {
        const int longest = AddressBytes - PathOffset - 1;
        var bytes = Encoding.UTF8.GetByteCount(path);
        if (bytes is 0 or > longest) throw new ArgumentException($"{path}: a socket's path has 1 to {longest} bytes");
        new Span<byte>(address, AddressBytes).Clear();
        *(ushort*)address = Unix;
        Encoding.UTF8.GetBytes(path, new Span<byte>(address + PathOffset, longest));
        return PathOffset + bytes + 1;
    }
}
