using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Orchestrator.Ingress.Tests;

/// <summary>A real HTTP server on loopback that stands for a pod.</summary>
sealed class Pod : IAsyncDisposable
{
    readonly WebApplication _app;

    Pod(WebApplication app) => _app = app;

    /// <summary>address:port</summary>
    public string Address => new Uri(_app.Urls.First()).Authority;

    /// <summary>A pod that answers every request with its name.</summary>
    public static Task<Pod> Named(string name) => Answering(context => context.Response.WriteAsync(name));

    public static async Task<Pod> Answering(RequestDelegate answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0);
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(answer);
        await app.StartAsync();
        return new Pod(app);
    }

    public Task StopAsync() => _app.StopAsync();

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
