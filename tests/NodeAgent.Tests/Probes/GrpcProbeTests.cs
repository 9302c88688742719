using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Probes;

namespace Orchestrator.NodeAgent.Tests.Probes;

/// <summary>A probe by the gRPC health checking protocol, against a server that speaks it.</summary>
public sealed class GrpcProbeTests : IAsyncLifetime
{
    readonly ProbeRunner _runner = new(new NetworkNamespace(null), new OciRuntime("/nowhere", "/nowhere"), TimeProvider.System);
    WebApplication _app = null!; // started before each test

    public async Task InitializeAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        _app = builder.Build();
        _app.MapGrpcService<Server>();
        await _app.StartAsync();
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Theory]
    [InlineData(null, true, "")]
    [InlineData("orders", true, "")]
    [InlineData("billing", false, "health status NotServing")]
    [InlineData("nobody", false, "there is no such service")]
    [InlineData("slow", false, "no answer in 1 s")]
    public async Task A_server_says_whether_it_or_one_of_its_services_serves(string? service, bool succeeds, string message)
    {
        var result = await ProbeAsync(new Uri(_app.Urls.First()).Port, service);
        Assert.Equal(succeeds, result.Succeeded);
        Assert.Contains(message, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_nobody_listens_it_fails_and_says_so()
    {
        await _app.StopAsync();
        var result = await ProbeAsync(new Uri(_app.Urls.First()).Port, null);
        Assert.False(result.Succeeded);
        Assert.Contains("refused", result.Message, StringComparison.Ordinal);
    }

    Task<ProbeResult> ProbeAsync(int port, string? service) => _runner.RunAsync(
        new Probe { Grpc = new GrpcAction { Port = port, Service = service }, TimeoutSeconds = 1 }, new Container { Name = "main", Image = "x" }, "id", IPAddress.Loopback, CancellationToken.None);

    sealed class Server : Health.HealthBase
    {
        public override async Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
        {
            if (request.Service == "slow") await Task.Delay(Timeout.Infinite, context.CancellationToken);
            if (request.Service == "nobody") throw new RpcException(new Status(StatusCode.NotFound, "there is no such service"));
            return new HealthCheckResponse { Status = request.Service == "billing" ? HealthCheckResponse.Types.ServingStatus.NotServing : HealthCheckResponse.Types.ServingStatus.Serving };
        }
    }
}
