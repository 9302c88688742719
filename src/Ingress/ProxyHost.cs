using System.Security.Authentication;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orchestrator.Ingress.Pods;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;
using Yarp.ReverseProxy.Health;
using Yarp.ReverseProxy.LoadBalancing;

namespace Orchestrator.Ingress;

/// <summary>The reverse proxy, on a listener of its own so that nothing of the API can ever be reached through it.</summary>
sealed class ProxyHost(IngressOptions options, RouteConfigProvider routes, Sites sites, Challenges challenges, RequestCounts counts, AwaitedPods awaited, ILoggerFactory logs) : IHostedService, IAsyncDisposable
{
    /// <summary>Open connections from outside; more are turned away, so that a flood can't take the machine's memory.</summary>
    const int MaxConnections = 20_000;

    /// <summary>Open websockets; they are not counted among the connections above.</summary>
    const int MaxWebSockets = 20_000;

    /// <summary>Bytes of a request's headers; more is answered with 431.</summary>
    const int MaxHeaderBytes = 32 << 10;

    /// <summary>How long a client may take to send a request's headers, so that slow ones don't hold all connections.</summary>
    static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(15);

    /// <summary>How long a client may take to agree on keys.</summary>
    static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A pod is set aside when, of so many requests at least in this time, more than this part did not reach it.</summary>
    const int LeastFailures = 5;

    const double FailureRate = 0.5;

    static readonly TimeSpan FailureWindow = TimeSpan.FromSeconds(10);

    readonly WebApplication _app = Build(options, routes, sites, challenges, counts, awaited, logs);

    /// <summary>Where requests come in: the endpoint of the options, with the port that was found when they leave it open. Known once started.</summary>
    public Uri Address => new(_app.Urls.First(url => url.StartsWith("http:", StringComparison.Ordinal)));

    /// <summary>The same for requests over TLS; null where none are taken.</summary>
    public Uri? TlsAddress => _app.Urls.FirstOrDefault(url => url.StartsWith("https:", StringComparison.Ordinal)) is { } url ? new Uri(url) : null;

    public Task StartAsync(CancellationToken cancellationToken) => _app.StartAsync(cancellationToken);

    public Task StopAsync(CancellationToken cancellationToken) => _app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    static WebApplication Build(IngressOptions options, RouteConfigProvider routes, Sites sites, Challenges challenges, RequestCounts counts, AwaitedPods awaited, ILoggerFactory logs)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ApplicationName = "ingress", ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.Sources.Clear();
        builder.Services.AddSingleton(logs);
        builder.Services.AddSingleton<IProxyConfigProvider>(routes);
        builder.Services.AddSingleton(sites);
        builder.Services.AddSingleton(challenges);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(counts);
        builder.Services.AddSingleton(awaited);
        builder.Services.AddSingleton<IConfigChangeListener>(awaited);
        builder.Services.AddSingleton<MatcherPolicy, RouteRules>();
        builder.Services.AddSingleton<IForwarderHttpClientFactory, PodClients>();
        builder.Services.AddRequestTimeouts();
        builder.Services.AddSingleton<ILoadBalancingPolicy>(new Shares());
        builder.Services.AddReverseProxy();
        ForwardPlainly(builder.Services);
        builder.Services.Configure<TransportFailureRateHealthPolicyOptions>(static policy =>
            (policy.DetectionWindowSize, policy.MinimalTotalCountThreshold, policy.DefaultFailureRateLimit) = (FailureWindow, LeastFailures, FailureRate));
        if (options.AccessLog is { } directory) AccessLog.Add(builder.Services, directory);
        WithoutKeyRing(builder.Services);
        builder.Services.RemoveAll<IAuthorizationHandlerProvider>(); // YARP brings it, and each request would be asked for what no route ever demands
        // A request is some microseconds of work, and then waits: to hand it to another thread costs more than the work.
        builder.WebHost.UseSockets(static sockets => sockets.UnsafePreferInlineScheduling = true);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            // Values of headers are bytes, and go through as they came.
            kestrel.RequestHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            kestrel.Limits.MaxConcurrentUpgradedConnections = MaxWebSockets;
            kestrel.Limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
            kestrel.Limits.RequestHeadersTimeout = HeadersTimeout;
            kestrel.Limits.MaxRequestBodySize = null; // bodies flow through and are not kept: how much is too much is the service's word, or its Ingress's
            kestrel.Limits.MinRequestBodyDataRate = null; // a client may stream at its own pace; one that stops is given up by the idle timeout
            kestrel.Listen(options.Endpoint, listen => ProxiedConnections.Use(listen, options.ProxyProtocolFrom));
            if (options.TlsEndpoint is not { } tls) return;
            kestrel.Listen(tls, listen =>
            {
                ProxiedConnections.Use(listen, options.ProxyProtocolFrom); // before the handshake, as load balancers send it
                listen.UseHttps(Handshakes(sites));
            });
        });
        var app = builder.Build();
        if (options.AccessLog is not null) app.UseW3CLogging();
        app.UseMiddleware<ClearFraming>();
        app.UseMiddleware<ProvenHosts>();
        app.UseMiddleware<RightSite>();
        app.UseMiddleware<OwnWord>();
        app.UseRequestTimeouts();
        app.MapReverseProxy(proxy =>
        {
            proxy.UseMiddleware<ClientRates>();
            proxy.UseMiddleware<Redirects>();
            proxy.UseMiddleware<TooLong>();
            proxy.UseMiddleware<Counted>();
            proxy.UseMiddleware<UntilAwake>();
            proxy.UseMiddleware<AnotherPod>();
            proxy.UseSessionAffinity();
            proxy.UseLoadBalancing();
            proxy.UsePassiveHealthChecks();
        });
        return app;
    }

    static void ForwardPlainly(IServiceCollection services)
    {
        var library = services.Single(static service => service.ServiceType == typeof(IHttpForwarder)).ImplementationType!; // registered as a type
        services.AddSingleton<PodConnections>();
        services.Replace(ServiceDescriptor.Singleton<IHttpForwarder>(provider => ActivatorUtilities.CreateInstance<Forwarder>(provider, ActivatorUtilities.CreateInstance(provider, library))));
    }

    /// <summary>
    /// YARP brings the framework's data protection for a kind of cookie that is not used here. Nothing is encrypted, so its keys are neither made nor looked for on the disk.
    /// </summary>
    static void WithoutKeyRing(IServiceCollection services)
    {
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        foreach (var loading in services.Where(each => each.ServiceType == typeof(IHostedService) && each.ImplementationType?.Assembly == typeof(IDataProtectionBuilder).Assembly).ToList())
            services.Remove(loading);
    }

    static TlsHandshakeCallbackOptions Handshakes(Sites sites) => new()
    {
        HandshakeTimeout = HandshakeTimeout,
        OnConnection = context =>
        {
            // Without a name, or with one that nobody has a certificate for, there is nothing to show.
            var site = sites.For(context.ClientHelloInfo.ServerName) ?? throw new AuthenticationException("no site of that name");
            context.Connection.Features.Get<IConnectionItemsFeature>()!.Items[RightSite.Item] = site; // every connection has it
            return ValueTask.FromResult(site.Handshake);
        },
    };
}
