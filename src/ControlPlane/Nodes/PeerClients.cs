using System.Collections.Concurrent;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>One channel to each other server, kept open.</summary>
public sealed class PeerClients(CredentialFiles credentials) : IDisposable
{
    /// <summary>The largest answer that is taken: all objects of a full transaction as they were stored, and some room.</summary>
    const int MaxMessageBytes = 16 << 20;

    readonly ConcurrentDictionary<Uri, GrpcChannel> _channels = new();

    public Peer.PeerClient At(Uri address) => new(Channel(address));

    public GrpcChannel Channel(Uri address) => _channels.GetOrAdd(address, Open);

    public void Dispose()
    {
        foreach (var channel in _channels.Values) channel.Dispose();
    }

    GrpcChannel Open(Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            EnableMultipleHttp2Connections = true,
            ConnectTimeout = TimeSpan.FromSeconds(1),
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
            UseProxy = false,
        };
        credentials.Secure(handler);
        return GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = MaxMessageBytes,
            InitialReconnectBackoff = TimeSpan.FromMilliseconds(100),
            MaxReconnectBackoff = TimeSpan.FromSeconds(1),
        });
    }
}
