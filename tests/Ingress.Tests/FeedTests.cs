using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Contracts;
using Orchestrator.Testing;

namespace Orchestrator.Ingress.Tests;

/// <summary>How the table gets from the control plane's servers to the proxy.</summary>
public sealed class FeedTests
{
    [Fact]
    public async Task The_last_table_stays_in_force_while_no_server_answers_and_the_next_one_takes_its_place()
    {
        var routes = new RouteConfigProvider();
        var port = FreePort();
        var first = await RouteServer.StartAsync(port, TableOf("one.example"));
        using var feed = Feed(routes, port);
        await feed.StartAsync(CancellationToken.None);
        await Eventually.HoldsAsync(() => Has(routes, "one.example"), "the first table is there");
        first.Send(TableOf("two.example"));
        await Eventually.HoldsAsync(() => Has(routes, "two.example"), "the changed table is there");

        await first.DisposeAsync();
        Assert.True(await Has(routes, "two.example"));
        await using var second = await RouteServer.StartAsync(port, TableOf("three.example"));
        var kept = true;
        await Eventually.HoldsAsync(async () =>
        {
            var arrived = await Has(routes, "three.example");
            kept &= arrived || await Has(routes, "two.example");
            return arrived;
        }, "the table of the server that came back is there");
        Assert.True(kept);
        await feed.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task When_one_server_is_gone_another_one_is_asked()
    {
        var routes = new RouteConfigProvider();
        var port = FreePort();
        await using var server = await RouteServer.StartAsync(port, TableOf("web.example"));
        using var feed = Feed(routes, FreePort(), port);
        await feed.StartAsync(CancellationToken.None);
        await Eventually.HoldsAsync(() => Has(routes, "web.example"), "the table of the second server is there");
        Assert.Equal("edge", server.Asker);
        await feed.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task An_ingress_that_starts_while_no_server_answers_goes_by_the_last_table_which_only_its_owner_may_read()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("ingress-").FullName, "routes");
        try
        {
            var port = FreePort();
            await using (await RouteServer.StartAsync(port, TableOf("kept.example")))
            {
                var before = new RouteConfigProvider();
                using var first = Feed(before, file, port);
                await first.StartAsync(CancellationToken.None);
                await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(file)), "the table is on disk");
                await first.StopAsync(CancellationToken.None);
            }

            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
            var routes = new RouteConfigProvider();
            using var second = Feed(routes, file, port);
            await second.StartAsync(CancellationToken.None);
            await Eventually.HoldsAsync(() => Has(routes, "kept.example"), "the table of before is in force");
            await second.StopAsync(CancellationToken.None);

            await File.WriteAllBytesAsync(file, [0xff, 0xff, 0xff]);
            using var third = Feed(new RouteConfigProvider(), file, port);
            await third.StartAsync(CancellationToken.None);
            await third.StopAsync(CancellationToken.None);
        }
        finally
        {
            Directory.Delete(Path.GetDirectoryName(file)!, recursive: true); // made above
        }
    }

    [Fact]
    public async Task Whom_requests_wait_for_is_said_at_once_and_how_many_there_were_every_few_seconds()
    {
        var port = FreePort();
        await using var server = await RouteServer.StartAsync(port, TableOf("web.example"));
        var (counts, awaited) = (new RequestCounts(), new AwaitedPods());
        using var feed = Feed(new RouteConfigProvider(), counts, awaited, file: null, port);
        await feed.StartAsync(CancellationToken.None);
        await Eventually.HoldsAsync(() => server.Applied > 0, "the stream is open");
        Assert.True(awaited.TryBegin("shop/web:80", most: 1));
        for (var i = 0; i < 10; i++) counts.Of("shop/web").Begin();

        var first = await Eventually.GetAsync(() => server.Said.FirstOrDefault(each => each.Awaited.Count > 0), "it says whom it awaits");
        Assert.Equal(["shop/web:80"], first.Awaited);
        var measured = (await Eventually.GetAsync(() => server.Said.FirstOrDefault(each => each.Metrics is not null), "it says how many there were")).Metrics;
        var rate = Assert.Single(measured.Requests);
        Assert.Equal("shop/web", rate.Ingress);
        Assert.Equal(10, rate.PerSecond * measured.WindowSeconds, tolerance: 0.001);
        await feed.StopAsync(CancellationToken.None);
    }

    static RouteFeed Feed(RouteConfigProvider routes, params int[] ports) => Feed(routes, file: null, ports);

    static RouteFeed Feed(RouteConfigProvider routes, string? file, params int[] ports) => Feed(routes, new RequestCounts(), new AwaitedPods(), file, ports);

    static RouteFeed Feed(RouteConfigProvider routes, RequestCounts counts, AwaitedPods awaited, string? file, params int[] ports)
    {
        var options = new IngressOptions("edge", new IPEndPoint(IPAddress.Loopback, 0), [.. ports.Select(port => new Uri($"http://127.0.0.1:{port}"))]) { TableFile = file };
        return new RouteFeed(options, routes, new Sites(TimeProvider.System, NullLogger<Sites>.Instance), new Challenges(), new TableFile(options, NullLogger<TableFile>.Instance),
            new Reports(options, counts, awaited, TimeProvider.System), TimeProvider.System, NullLogger<RouteFeed>.Instance);
    }

    static Task<bool> Has(RouteConfigProvider routes, string host) => Task.FromResult(routes.GetConfig().Routes.Any(route => route.Match.Hosts is [var only] && only == host));

    static RouteTable TableOf(string host) => Given.Table([Given.Prefix(host, "/")], Given.Backend("web", "127.0.0.1:1"));

    static int FreePort()
    {
        using var listener = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A server of the control plane that knows nothing but routes.</summary>
    sealed class RouteServer : Routes.RoutesBase, IAsyncDisposable
    {
        readonly Channel<RouteTable> _tables = Channel.CreateUnbounded<RouteTable>();
        WebApplication? _app;

        public string? Asker { get; private set; }

        public static async Task<RouteServer> StartAsync(int port, RouteTable table)
        {
            var server = new RouteServer();
            server.Send(table);
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddGrpc();
            builder.Services.AddSingleton(server);
            builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port, listen => listen.Protocols = HttpProtocols.Http2));
            server._app = builder.Build();
            server._app.MapGrpcService<RouteServer>();
            await server._app.StartAsync();
            return server;
        }

        public void Send(RouteTable table) => _tables.Writer.TryWrite(table);

        /// <summary>The newest table that the ingress says it serves by.</summary>
        public long Applied { get; private set; }

        public ConcurrentQueue<RoutesRequest> Said { get; } = new();

        public override async Task Watch(IAsyncStreamReader<RoutesRequest> requestStream, IServerStreamWriter<RouteTable> responseStream, ServerCallContext context)
        {
            await requestStream.MoveNext(context.CancellationToken);
            Asker = requestStream.Current.Ingress;
            var listening = ListenAsync();
            await foreach (var table in _tables.Reader.ReadAllAsync(context.CancellationToken)) await responseStream.WriteAsync(table);

            async Task ListenAsync()
            {
                while (await requestStream.MoveNext(context.CancellationToken))
                {
                    Applied = Math.Max(Applied, requestStream.Current.AppliedRevision);
                    Said.Enqueue(requestStream.Current);
                }
            }
        }

        public async ValueTask DisposeAsync()
        {
            _tables.Writer.TryComplete();
            if (_app is not null) await _app.DisposeAsync();
        }
    }
}
