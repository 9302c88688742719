using System.Diagnostics;
using System.Text;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Systemd;

/// <summary>
/// A connection to the system's message bus, and calls over it. Our own, because a static program of two megabytes that starts in two milliseconds has no
/// room for sockets, tasks and threads of a library, and what is said here are five calls.
/// </summary>
sealed class SystemBus : IDisposable
{
    const string Socket = "/run/dbus/system_bus_socket";
    const string Bus = "org.freedesktop.DBus", BusPath = "/org/freedesktop/DBus";
    const int Patience = 30_000; // milliseconds, as long as the other runtimes wait for a job

    readonly Fd _socket;
    readonly Queue<BusMessage> _signals = [];
    uint _serial;

    SystemBus(Fd socket) => _socket = socket;

    /// <exception cref="BusException">There is no bus, or it does not want us.</exception>
    public static SystemBus Connect()
    {
        var socket = Kernel.TryConnectUnix(Socket, out var errno) ?? throw new BusException($"connect {Socket}: {SyscallException.Describe(errno)}");
        var bus = new SystemBus(socket);
        try
        {
            // "EXTERNAL" is who the kernel says that we are: user 0, in hexadecimal digits of its text (D-Bus specification, "Authentication Protocol").
            bus.Send("\0AUTH EXTERNAL 30\r\n"u8);
            var answer = bus.Line();
            if (!answer.StartsWith("OK ", StringComparison.Ordinal)) throw new BusException($"{Socket} refuses us: {answer}");
            bus.Send("BEGIN\r\n"u8);
            bus.Call(Bus, BusPath, Bus, "Hello", "", static _ => { });
            return bus;
        }
        catch
        {
            bus.Dispose();
            throw;
        }
    }

    /// <summary>Signals that match come, from now on.</summary>
    public void Match(string rule) => Call(Bus, BusPath, Bus, "AddMatch", "s", body => body.String(rule));

    /// <summary>Calls and waits for the answer.</summary>
    /// <exception cref="BusErrorException">The answer is an error.</exception>
    public byte[] Call(string destination, string path, string @interface, string member, string signature, Action<BusWriter> arguments)
    {
        var body = new BusWriter();
        arguments(body);
        var serial = ++_serial;
        Send(BusMessage.Call(serial, destination, path, @interface, member, signature, body.Written));
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var message = Receive(clock, member);
            if (message.Kind == BusMessageKind.Signal) _signals.Enqueue(message);
            if (message.ReplyTo != serial) continue;
            if (message.Kind == BusMessageKind.Return) return message.Body;
            throw new BusErrorException(message.ErrorName, message.Body.Length > 0 ? new BusReader(message.Body).String() : "");
        }
    }

    /// <summary>The next signal of this name for which there is a result.</summary>
    public T Await<T>(string member, Func<byte[], T?> result)
        where T : class
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var message = _signals.TryDequeue(out var kept) ? kept : Receive(clock, member);
            if (message.Kind == BusMessageKind.Signal && message.Member == member && result(message.Body) is { } found) return found;
        }
    }

    public void Dispose() => _socket.Dispose();

    void Send(ReadOnlySpan<byte> bytes) => Kernel.WriteAll(_socket.Number, bytes, Socket);

    BusMessage Receive(Stopwatch clock, string what)
    {
        var beginning = new byte[BusMessage.FixedBytes];
        Fill(beginning, clock, what);
        var whole = new byte[BusMessage.LengthOf(beginning)];
        beginning.CopyTo(whole, 0);
        Fill(whole.AsSpan(beginning.Length), clock, what);
        return BusMessage.Parse(whole);
    }

    void Fill(Span<byte> bytes, Stopwatch clock, string what)
    {
        while (bytes.Length > 0)
        {
            var left = Patience - (int)clock.ElapsedMilliseconds;
            if (left <= 0) throw new BusException($"nothing was heard for {Patience / 1000} s while waiting for {what}");
            if (Kernel.Poll([new PollFd(_socket.Number, PollFd.In)], left) == 0) continue;
            var count = Kernel.Read(_socket.Number, bytes, Socket);
            if (count == 0) throw new BusException($"{Socket} has hung up");
            bytes = bytes[count..];
        }
    }

    string Line()
    {
        var line = new StringBuilder();
        var clock = Stopwatch.StartNew();
        Span<byte> next = stackalloc byte[1];
        while (true)
        {
            Fill(next, clock, "authentication");
            if (next[0] == '\n') return line.ToString().TrimEnd('\r');
            line.Append((char)next[0]);
        }
    }
}
