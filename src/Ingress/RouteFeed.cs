using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>Follows the control plane's route table, from whichever server answers. While none does, the last table stays in force.</summary>
sealed partial class RouteFeed(IngressOptions options, RouteConfigProvider routes, Sites sites, Challenges challenges, TableFile file, Reports reports, TimeProvider clock, ILogger<RouteFeed> log) : BackgroundService
{
    /// <summary>The pause before the next server is tried.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(300);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (file.Read() is { } last) Publish(last);
        try
        {
            for (var i = 0; ; i++)
            {
                Uri[] servers = [.. options.Servers]; // they come and go
                await FollowAsync(servers[i % servers.Length], stoppingToken);
                await Task.Delay(Pause, clock, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    // A host's certificate is there before its routes are.
    void Publish(RouteTable table)
    {
        sites.Publish(table.Certificates);
        challenges.Publish(table.Challenges);
        routes.Publish(table);
    }

    async Task FollowAsync(Uri server, CancellationToken token)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = TimeSpan.FromSeconds(1),
            KeepAlivePingDelay = TimeSpan.FromSeconds(2),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(2),
        };
        options.ConfigureConnections?.Invoke(handler);
        using var channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        try
        {
            using var call = new Routes.RoutesClient(channel).Watch(cancellationToken: over.Token);
            await call.RequestStream.WriteAsync(new RoutesRequest { Ingress = options.Name }, over.Token);
            var reporting = reports.SendAsync(call.RequestStream, over.Token);
            try
            {
                await foreach (var table in call.ResponseStream.ReadAllAsync(over.Token))
                {
                    Publish(table);
                    file.Keep(table);
                    reports.Applied(table.Revision);
                    Published(table.Revision, table.Routes.Count, table.Backends.Sum(backend => backend.Destinations.Count));
                }
            }
            finally
            {
                await over.CancelAsync();
                await reporting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        catch (RpcException lost)
        {
            token.ThrowIfCancellationRequested();
            Lost(server, lost.Status.Detail);
        }
    }

    [LoggerMessage(3000, LogLevel.Information, "Routes of revision {Revision}: {Routes} routes to {Destinations} pods")]
    partial void Published(long revision, int routes, int destinations);

    [LoggerMessage(3001, LogLevel.Warning, "The routes from {Server} have stopped; the last ones stay in force: {Detail}")]
    partial void Lost(Uri server, string detail);
}
