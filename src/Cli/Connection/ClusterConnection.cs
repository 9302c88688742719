using System.Security.Authentication;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;

namespace Orchestrator.Cli.Connection;

/// <summary>The cluster's API through whichever of its servers answers.</summary>
/// <param name="credential">Who asks; null only where servers are spoken to without TLS.</param>
sealed class ClusterConnection(IReadOnlyList<Uri> servers, Credential? credential = null) : IDisposable
{
    /// <summary>How long a server may take to accept a connection before the next one is tried.</summary>
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>How often more than once at each server a call is tried that was broken off.</summary>
    const int Again = 1;

    /// <summary>The largest answer that is taken, in bytes.</summary>
    const int MaxMessageBytes = 64 << 20;

    readonly Dictionary<Uri, GrpcChannel> _channels = [];
    int _first;

    /// <summary>A request that a server did not take goes to the next one. It is safe to repeat: writes carry a request id.</summary>
    /// <exception cref="CliException">No server answers.</exception>
    public Task<T> AskAsync<T>(Func<Cluster.ClusterClient, Task<T>> ask) => FirstAsync(server => ask(new Cluster.ClusterClient(At(server))));

    /// <summary>The same for what is asked of the servers themselves.</summary>
    /// <exception cref="CliException">No server answers.</exception>
    public Task<T> MaintainAsync<T>(Func<Maintenance.MaintenanceClient, Task<T>> ask) => FirstAsync(server => ask(MaintenanceAt(server)));

    /// <summary>One server and no other.</summary>
    public Maintenance.MaintenanceClient MaintenanceAt(Uri server) => new(At(server));

    /// <summary>The same of what would happen.</summary>
    /// <exception cref="CliException">No server answers.</exception>
    public Task<T> AskPlannerAsync<T>(Func<Planner.PlannerClient, Task<T>> ask) => FirstAsync(server => ask(new Planner.PlannerClient(At(server))));

    /// <summary>The same of who may come in.</summary>
    /// <exception cref="CliException">No server answers.</exception>
    public Task<T> AskAccessAsync<T>(Func<Access.AccessClient, Task<T>> ask) => FirstAsync(server => ask(new Access.AccessClient(At(server))));

    /// <summary>A new certificate for who asks, from the server that answered last.</summary>
    /// <returns>Null where there is none to replace.</returns>
    /// <exception cref="RpcException">It is not given.</exception>
    public async Task<(string Certificate, string Key, string Roots)?> RenewAsync(CancellationToken token)
    {
        if (credential is null) return null;
        using var key = CredentialFiles.NewKey();
        var request = new RenewRequest { SigningRequest = ByteString.CopyFrom(CredentialFiles.RequestFor(key)) };
        var reply = await new Certificates.CertificatesClient(At(servers[_first])).RenewAsync(request, cancellationToken: token);
        return (reply.Certificate, key.ExportPkcs8PrivateKeyPem(), reply.Roots);
    }

    async Task<T> FirstAsync<T>(Func<Uri, Task<T>> ask)
    {
        RpcException? last = null;
        for (var i = 0; i < servers.Count + Again; i++)
        {
            if (i == servers.Count && !IsBrokenOff(last)) break;
            var index = (_first + i) % servers.Count;
            try
            {
                var answer = await ask(servers[index]);
                _first = index;
                return answer;
            }
            catch (RpcException failure) when (failure.StatusCode == StatusCode.Unavailable || IsBrokenOff(failure) || Untrusted(failure.Status.DebugException) is not null)
            {
                if (last is null || IsUnreachable(last)) last = failure; // what a server says tells more than that another one is away
            }
        }

        if (Untrusted(last?.Status.DebugException) is { } why) throw new CliException(why);
        if (IsBrokenOff(last)) throw last!; // it is one
        throw new CliException(IsUnreachable(last)
            ? $"no server answers at {string.Join(", ", servers.Select(server => server.Authority))}; is orchd running there? Name other servers with --server or `orch config set-context`"
            : last?.Status.Detail ?? "no server is named");
    }

    /// <summary>A stream of answers from a server that answers. It is not taken up again by another one when it breaks.</summary>
    public Task<AsyncServerStreamingCall<T>> OpenAsync<T>(Func<Cluster.ClusterClient, AsyncServerStreamingCall<T>> open) => AskAsync(async client =>
    {
        var call = open(client);
        await call.ResponseHeadersAsync;
        return call;
    });

    /// <summary>A stream both ways with a server that answers: nothing of it is sent before one has.</summary>
    public Task<AsyncDuplexStreamingCall<TAsk, TAnswer>> OpenAsync<TAsk, TAnswer>(Func<Cluster.ClusterClient, AsyncDuplexStreamingCall<TAsk, TAnswer>> open) => AskAsync(async client =>
    {
        var call = open(client);
        await call.ResponseHeadersAsync;
        return call;
    });

    public void Dispose()
    {
        foreach (var channel in _channels.Values) channel.Dispose();
    }

    // A server that ends, or a connection that does, takes its calls along. Not so where this program was told to end.
    static bool IsBrokenOff(RpcException? failure) => failure?.StatusCode == StatusCode.Cancelled && !Interruption.IsOf(failure);

    // A server's own words come without an exception of this side.
    static bool IsUnreachable(RpcException? failure) => failure?.Status.DebugException is not null;

    static string? Untrusted(Exception? failure) => failure switch
    {
        null => null,
        AuthenticationException => "the server is not one of the cluster that the context is for, or does not take its certificate (another CA, or expired): copy admin.json anew from a server's data directory",
        _ => Untrusted(failure.InnerException),
    };

    SocketsHttpHandler Handler()
    {
        var handler = new SocketsHttpHandler { ConnectTimeout = ConnectTimeout, UseProxy = false };
        if (credential is not null) handler.SslOptions = credential.ForAsking(credential.IsServer);
        return handler;
    }

    GrpcChannel At(Uri server)
    {
        if (!_channels.TryGetValue(server, out var channel))
        {
            if (credential is null && server.Scheme == Uri.UriSchemeHttps)
                throw new CliException("there is no certificate to show to the cluster: as root on a server's machine it is found by itself; elsewhere copy admin.json from the server's data directory and name the copy with ORCH_CONFIG");
            channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
            {
                HttpHandler = Handler(),
                DisposeHttpClient = true,
                MaxReceiveMessageSize = MaxMessageBytes,
            });
            _channels[server] = channel;
        }

        return channel;
    }
}
