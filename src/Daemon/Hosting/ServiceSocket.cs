using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The service manager that started this process, if one did and wants to be told. Source: sd_notify(3).</summary>
static class ServiceSocket
{
    const string SocketVariable = "NOTIFY_SOCKET";

    public static bool Listens => Environment.GetEnvironmentVariable(SocketVariable) is { Length: > 1 };

    // Nobody listening is the manager's own affair.
    public static void Tell(string what)
    {
        if (Environment.GetEnvironmentVariable(SocketVariable) is not { Length: > 1 } path) return;
        using Socket socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.SendTo(Encoding.UTF8.GetBytes(what), new UnixDomainSocketEndPoint(path[0] == '@' ? "\0" + path[1..] : path));
        }
        catch (SocketException)
        {
            // As above.
        }
    }
}
