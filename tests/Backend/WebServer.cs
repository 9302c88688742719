using System.Net.WebSockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Orchestrator.Backend;

/// <summary>Pages, slow downloads, websockets, and an end that lets all of them finish.</summary>
static class WebServer
{
    const int Port = 8080, DownloadParts = 20, PartBytes = 50_000, MessageBytes = 4096;

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    public static async Task RunAsync()
    {
        // Nothing is configured, so no file is watched: many of these on one machine would run out of inotify's instances.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(30));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.ListenAnyIP(Port));
        await using var app = builder.Build();
        app.UseWebSockets();
        app.MapGet("/", static context => context.Response.WriteAsync($"Hello from pod {Environment.MachineName}\n"));
        app.MapGet("/download", DownloadAsync);
        app.Map("/echo", EchoAsync);
        await app.RunAsync();
    }

    static async Task DownloadAsync(HttpContext context)
    {
        context.Response.ContentLength = DownloadParts * PartBytes;
        for (var part = 0; part < DownloadParts; part++)
        {
            await context.Response.Body.WriteAsync(new byte[PartBytes], context.RequestAborted);
            await Task.Delay(Pause, context.RequestAborted);
        }
    }

    static async Task EchoAsync(HttpContext context)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var message = new byte[MessageBytes];
        while (true)
        {
            var received = await socket.ReceiveAsync(message, context.RequestAborted);
            if (received.MessageType == WebSocketMessageType.Close) break;
            await socket.SendAsync(message.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, context.RequestAborted);
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }
}
