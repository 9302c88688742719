using System.Net;

namespace Orchestrator.Ingress;

/// <summary>What an ingress is told at its start.</summary>
/// <param name="Name">What it is called, for the logs.</param>
/// <param name="Endpoint">Where requests from outside come in.</param>
/// <param name="Servers">The control plane's servers; any one will do, so they are tried in turn.</param>
public sealed record IngressOptions(string Name, IPEndPoint Endpoint, IReadOnlyList<Uri> Servers)
{
    /// <summary>Where requests over TLS come in; null for nowhere.</summary>
    public IPEndPoint? TlsEndpoint { get; init; }

    /// <summary>Load balancers whose connections begin with whom they are from (PROXY protocol); from elsewhere nobody is believed.</summary>
    public IReadOnlyList<IPNetwork> ProxyProtocolFrom { get; init; } = [];

    /// <summary>A directory for files with a line for each request; null for none.</summary>
    public string? AccessLog { get; init; }

    /// <summary>Keeps the last table, with the keys of its certificates, for a start while no server answers; null for nowhere.</summary>
    public string? TableFile { get; init; }

    /// <summary>Changes the connections to the control plane: gives them certificates.</summary>
    public Action<SocketsHttpHandler>? ConfigureConnections { get; init; }
}
