using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Configuration;

namespace Orchestrator.Ingress;

/// <summary>The reverse proxy, on a listener of its own so that nothing of the API can ever be reached through it.</summary>
sealed class ProxyHost(IngressOptions options, RouteConfigProvider routes, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    /// <summary>Open connections from outside; more are turned away, so that a flood can't take the machine's memory.</summary>
    const int MaxConnections = 20_000;

    /// <summary>How long a pod may take to accept a connection before another one is tried.</summary>
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    readonly WebApplication _app = Build(options, routes, logs);

    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static WebApplication Build(IngressOptions options, RouteConfigProvider routes, ILoggerFactory logs)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "ingress", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IProxyConfigProvider>(routes);
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider(); // nothing is encrypted, so no key belongs on the disk
        builder.Services.AddReverseProxy().ConfigureHttpClient((_, handler) => handler.ConnectTimeout = ConnectTimeout);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Listen(options.Endpoint);
        });
        var app = builder.Build();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<OneLabelWildcard>();
            proxy.UseMiddleware<AnotherPod>();
            proxy.UseLoadBalancing();
        });
        return app;
    }
}
