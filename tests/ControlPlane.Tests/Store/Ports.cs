using System.Net;
using System.Net.Sockets;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// Free loopback ports, below those that the kernel gives to outgoing connections (ip(7), ip_local_port_range): one of those can be taken between
/// the pick and the use. None is picked twice.
/// </summary>
static class Ports
{
    const int First = 12_000, Last = 32_000;

    static int _next = Random.Shared.Next(First, Last);

    public static IPEndPoint[] Free(int count) => [.. Enumerable.Range(0, count).Select(_ => Free())];

    static IPEndPoint Free()
    {
        while (true)
        {
            var endpoint = new IPEndPoint(IPAddress.Loopback, First + (Interlocked.Increment(ref _next) % (Last - First)));
            try
            {
                using var listener = new TcpListener(endpoint);
                listener.Start();
                return endpoint;
            }
            catch (SocketException)
            {
                // Somebody else's; the next one.
            }
        }
    }
}
