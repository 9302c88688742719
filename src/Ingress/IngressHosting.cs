using Microsoft.Extensions.DependencyInjection;

namespace Orchestrator.Ingress;

/// <summary>Puts an ingress into a host.</summary>
public static class IngressHosting
{
    public static IServiceCollection AddIngress(this IServiceCollection services, IngressOptions options) => services
        .AddSingleton(options)
        .AddSingleton<RouteConfigProvider>()
        .AddSingleton<Sites>()
        .AddSingleton<Challenges>()
        .AddSingleton<TableFile>()
        .AddSingleton<RequestCounts>()
        .AddSingleton<AwaitedPods>()
        .AddSingleton<Reports>()
        .AddHostedService<RouteFeed>()
        .AddHostedService<ProxyHost>();
}
