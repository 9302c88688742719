using System.Net;
using System.Net.Sockets;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// Free loopback ports. All of a set are held at once while they are picked, so that none is picked twice.
/// </summary>
static class Ports
{
    public static IPEndPoint[] Free(int count)
    {
        var held = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToArray();
        foreach (var listener in held) listener.Start();
        var ports = held.Select(listener => (IPEndPoint)listener.LocalEndpoint).ToArray();
        foreach (var listener in held) listener.Dispose();
        return ports;
    }
}
