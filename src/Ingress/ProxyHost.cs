using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Ingress;

/// <summary>The reverse proxy, on a listener of its own so that nothing of the API can ever be reached through it.</summary>
sealed class ProxyHost(IngressOptions options, RouteConfigProvider routes, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    /// <summary>Open connections from outside; more are turned away, so that a flood can't take the machine's memory.</summary>
    const int MaxConnections = 20_000;

    /// <summary>Open websockets; they are not counted among the connections above.</summary>
    const int MaxWebSockets = 20_000;

    /// <summary>Bytes of a request's headers; more is answered with 431.</summary>
    const int MaxHeaderBytes = 32 << 10;

    /// <summary>How long a client may take to send a request's headers, so that slow ones don't hold all connections.</summary>
    static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    readonly WebApplication _app = Build(options, routes, logs);

    /// <summary>Where requests come in: the endpoint of the options, with the port that was found when they leave it open. Known once started.</summary>
    public Uri Address => new(_app.Urls.First());

    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static WebApplication Build(IngressOptions options, RouteConfigProvider routes, ILoggerFactory logs)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "ingress", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IProxyConfigProvider>(routes);
        builder.Services.AddSingleton<MatcherPolicy, RouteRules>();
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider(); // nothing is encrypted, so no key belongs on the disk
        builder.Services.AddSingleton<IForwarderHttpClientFactory, PodClients>();
        builder.Services.AddReverseProxy();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxWebSockets;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.MaxRequestBodySize = null; // bodies flow through and are not kept: how much is too much is the service's word
            kestrel.Limits.MinRequestBodyDataRate = null; // a client may stream at its own pace; one that stops is given up by the idle timeout
            kestrel.Listen(options.Endpoint);
        });
        var app = builder.Build();
        app.UseMiddleware<ClearFraming>();
        app.UseMiddleware<OwnWord>();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<AnotherPod>();
            proxy.UseLoadBalancing();
        });
        return app;
    }
}
