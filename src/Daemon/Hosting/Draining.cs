using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Contracts;

namespace Orchestrator.Daemon.Hosting;

/// <summary>The emptying of a node before its orchd stops, for those who ask for it with <c>--drain-on-stop</c>: the pods are replaced elsewhere first, as with <c>orch drain</c>.</summary>
sealed class Draining(Membership membership, TimeProvider clock, Serilog.ILogger log)
{
    static readonly TimeSpan BetweenLooks = TimeSpan.FromSeconds(1);

    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(5);

    /// <summary>What the service manager is asked for, again at every look.</summary>
    static readonly TimeSpan MoreTime = TimeSpan.FromSeconds(30);

    /// <param name="patience">After so long the stop goes on with the pods that are still here; they go on, too.</param>
    public async Task RunAsync(TimeSpan patience)
    {
        log.Information("The node is drained before this stop");
        var began = clock.GetTimestamp();
        IReadOnlyList<string>? left = null;
        while (true)
        {
            ServiceSocket.Tell($"EXTEND_TIMEOUT_USEC={(long)MoreTime.TotalMicroseconds}");
            var now = await AskAsync();
            if (now is { Count: 0 })
            {
                log.Information("The node is drained");
                return;
            }

            if (now is not null && (left is null || !now.SequenceEqual(left))) log.Information("Pods that are waited for: {Pods}", string.Join(", ", now));
            left = now ?? left;
            if (clock.GetElapsedTime(began) > patience)
            {
                log.Warning("The node is not drained after {Seconds} s, and orchd stops all the same; the pods run on: {Pods}", (int)patience.TotalSeconds, left is null ? "no server answers" : string.Join(", ", left));
                return;
            }

            await Task.Delay(BetweenLooks, clock);
        }
    }

    /// <returns>The pods that are to leave and have not; null when no server answers.</returns>
    async Task<IReadOnlyList<string>?> AskAsync()
    {
        foreach (var server in membership.Servers)
        {
            using var handler = new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(1) };
            membership.Files.Secure(handler);
            using var channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions { HttpHandler = handler });
            try
            {
                return [.. (await new Nodes.NodesClient(channel).DrainAsync(new DrainRequest(), deadline: DateTime.UtcNow + AskTimeout)).Pods];
            }
            catch (RpcException refused)
            {
                log.Debug("{Server} does not drain this node: {Why}", server.Authority, refused.Status.Detail);
            }
        }

        return null;
    }
}
