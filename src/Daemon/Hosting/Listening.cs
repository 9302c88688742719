using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Daemon.Hosting;

/// <summary>Tries the ports before anything is started, so that one that can't be had is named in one line.</summary>
static class Listening
{
    /// <exception cref="StartException">A port can't be listened on.</exception>
    public static void Check(ServerSettings settings)
    {
        CheckAddress(settings.Advertise);
        foreach (var (endpoint, what, option) in Wanted(settings))
        {
            try
            {
                using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(endpoint);
                socket.Listen();
            }
            catch (SocketException refused)
            {
                throw new StartException(Explanation(refused, endpoint, what, option));
            }
        }
    }

    static void CheckAddress(IPAddress address)
    {
        try
        {
            using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(address, 0));
        }
        catch (SocketException refused)
        {
            throw new StartException(Explanation(refused, new IPEndPoint(address, 0), "the others", "--advertise"));
        }
    }

    static IEnumerable<(IPEndPoint Endpoint, string What, string Option)> Wanted(ServerSettings settings)
    {
        const string Ports = "--port";
        if (settings.Server)
        {
            yield return (new IPEndPoint(settings.Advertise, settings.Ports.Api), "the API", Ports);
            yield return (new IPEndPoint(settings.Advertise, settings.Ports.Raft), "Raft", Ports);
            yield return (new IPEndPoint(settings.Advertise, settings.Ports.Silo), "sessions", Ports);
        }

        yield return (settings.Health, "health and metrics", Ports);
        if (settings.Ingress is { } ingress) yield return (ingress, "the ingress", "--ingress-port");
        if (settings.IngressTls is { } tls) yield return (tls, "the ingress's TLS", "--ingress-tls-port");
    }

    static string Explanation(SocketException refused, IPEndPoint endpoint, string what, string option) => refused.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => $"{endpoint}, for {what}, is in use already; stop the program that has it (ss -ltnp names it) or choose another port with {option}",
        SocketError.AddressNotAvailable => $"this machine has no address {endpoint.Address}; give --advertise one that `ip address` lists",
        SocketError.AccessDenied => $"{endpoint}, for {what}, is open to root only; start as root or choose another port with {option}",
        _ => $"{endpoint}, for {what}, can't be listened on: {refused.Message}",
    };
}
