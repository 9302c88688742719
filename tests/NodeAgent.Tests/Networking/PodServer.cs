using System.Net;
using System.Net.Sockets;
using System.Text;
using Orchestrator.NodeAgent.Networking;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>A program in a pod that answers every connection and every datagram with the pod's name and whom it sees.</summary>
sealed class PodServer : IDisposable
{
    readonly Socket _tcp;
    readonly Socket _udp;
    readonly string _name;

    public PodServer(string name, PodNamespaces pod, int port)
    {
        _name = name;
        (_tcp, _udp) = new NetworkNamespace(pod.Network).Run(() => (new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp)));
        _tcp.Bind(new IPEndPoint(IPAddress.Any, port));
        _tcp.Listen();
        _udp.Bind(new IPEndPoint(IPAddress.Any, port));
        _ = AcceptAsync();
        _ = AnswerAsync();
    }

    /// <summary>Asks from a namespace; the answer, or the error that a client sees.</summary>
    public static string Ask(string fromNamespace, string address, int port)
    {
        using var socket = new NetworkNamespace(fromNamespace).Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        try
        {
            // One that must fail is refused at once; five seconds of silence are a failure of the network under test.
            if (!socket.ConnectAsync(IPAddress.Parse(address), port).Wait(TimeSpan.FromSeconds(5))) return "silence";
            var buffer = new byte[100];
            return Encoding.ASCII.GetString(buffer, 0, socket.Receive(buffer));
        }
        catch (AggregateException e) when (e.InnerException is SocketException refused)
        {
            return refused.SocketErrorCode.ToString();
        }
    }

    public void Dispose()
    {
        _tcp.Dispose();
        _udp.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _tcp.AcceptAsync();
                await client.SendAsync(Encoding.ASCII.GetBytes($"{_name} sees {((IPEndPoint)client.RemoteEndPoint!).Address}"));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }

    async Task AnswerAsync()
    {
        var buffer = new byte[100];
        try
        {
            while (true)
            {
                var received = await _udp.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0));
                await _udp.SendToAsync(Encoding.ASCII.GetBytes(_name), received.RemoteEndPoint);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed of.
        }
    }
}
