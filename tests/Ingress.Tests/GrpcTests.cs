using System.Net;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress.Tests;

/// <summary>gRPC through the ingress, to pods that speak nothing but HTTP/2.</summary>
public sealed class GrpcTests
{
    const string Host = "api.example";

    [Fact]
    public async Task Both_directions_of_a_stream_go_on_while_it_is_open_and_its_status_arrives()
    {
        await using var pod = await EchoPod.StartAsync();
        await using var ingress = await IngressTo(pod);
        using var channel = Channel(ingress);
        using var call = new Routes.RoutesClient(channel).Watch();
        for (var i = 1; i <= 5; i++)
        {
            await call.RequestStream.WriteAsync(new RoutesRequest { AppliedRevision = i });
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(i, call.ResponseStream.Current.Revision);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal("5", call.GetTrailers().GetValue("echoed"));
    }

    [Fact]
    public async Task An_error_of_the_service_is_the_clients_error()
    {
        await using var pod = await EchoPod.StartAsync();
        await using var ingress = await IngressTo(pod);
        using var channel = Channel(ingress);
        using var call = new Routes.RoutesClient(channel).Watch();
        await call.RequestStream.WriteAsync(new RoutesRequest { AppliedRevision = -1 });
        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(new Status(StatusCode.OutOfRange, "no revision"), new Status(error.StatusCode, error.Status.Detail));
    }

    [Fact]
    public async Task A_call_without_an_answer_ends_with_its_deadline()
    {
        await using var pod = await EchoPod.StartAsync();
        await using var ingress = await IngressTo(pod);
        using var channel = Channel(ingress);
        using var call = new Routes.RoutesClient(channel).Watch(deadline: DateTime.UtcNow.AddMilliseconds(300));
        Assert.Equal(StatusCode.DeadlineExceeded, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None))).StatusCode);
        await pod.Ended;
    }

    static Task<RunningIngress> IngressTo(EchoPod pod)
    {
        var backend = Given.Backend("web", pod.Address);
        backend.Http2 = true;
        var table = Given.Table([Given.Prefix(Host, "/")], backend);
        table.Certificates.Add(SiteTests.Certificate("shop/api", Host));
        return RunningIngress.StartAsync(table);
    }

    static GrpcChannel Channel(RunningIngress ingress) => GrpcChannel.ForAddress($"https://{Host}", new GrpcChannelOptions
    {
        HttpHandler = new SocketsHttpHandler
        {
            SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(ingress.TlsAddress.Host, ingress.TlsAddress.Port, cancel);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        },
        DisposeHttpClient = true,
    });

    /// <summary>Says every number back; a negative one is an error.</summary>
    sealed class EchoPod : Routes.RoutesBase, IAsyncDisposable
    {
        readonly TaskCompletionSource _ended = new();
        WebApplication? _app;

        public string Address => new Uri(_app!.Urls.First()).Authority; // started

        /// <summary>When a call has ended.</summary>
        public Task Ended => _ended.Task;

        public static async Task<EchoPod> StartAsync()
        {
            EchoPod pod = new();
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            builder.Services.AddGrpc();
            builder.Services.AddSingleton(pod);
            builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2));
            pod._app = builder.Build();
            pod._app.MapGrpcService<EchoPod>();
            await pod._app.StartAsync();
            return pod;
        }

        public override async Task Watch(IAsyncStreamReader<RoutesRequest> requestStream, IServerStreamWriter<RouteTable> responseStream, ServerCallContext context)
        {
            try
            {
                var echoed = 0;
                await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
                {
                    if (request.AppliedRevision < 0) throw new RpcException(new Status(StatusCode.OutOfRange, "no revision"));
                    await responseStream.WriteAsync(new RouteTable { Revision = request.AppliedRevision }, context.CancellationToken);
                    echoed++;
                }

                context.ResponseTrailers.Add("echoed", $"{echoed}");
            }
            finally
            {
                _ended.TrySetResult();
            }
        }

        public async ValueTask DisposeAsync()
        {
            if (_app is not null) await _app.DisposeAsync();
        }
    }
}
