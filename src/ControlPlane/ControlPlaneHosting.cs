using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Nodes.Silo;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane;

/// <summary>Puts a server of the control plane into a host: everything around a store that is open already.</summary>
public static class ControlPlaneHosting
{
    /// <summary>The largest message that is taken, in bytes: a full transaction and some room.</summary>
    const int MaxMessageBytes = 16 << 20;

    public static IServiceCollection AddControlPlane(
        this IServiceCollection services, ClusterStore store, PeerClients peers, ControlPlaneOptions options, SiloEndpoint silo)
    {
        services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MaxMessageBytes);
        return services
            .AddSingleton(store)
            .AddSingleton(peers)
            .AddSingleton(options)
            .AddSingleton(silo)
            .AddSingleton<SiloHost>()
            .AddHostedService(static provider => provider.GetRequiredService<SiloHost>())
            .AddSingleton<NodeSessions>()
            .AddSingleton<NodeCalls>()
            .AddSingleton<Followers>()
            .AddSingleton<NetworkFeed>()
            .AddSingleton<Withdrawal>()
            .AddSingleton<NodeMonitor>()
            .AddSingleton<ControllerLoop>()
            .AddSingleton<SchedulingLoop>()
            .AddHostedService<LeaderLoops>()
            .AddHostedService<ServerRegistration>();
    }

    public static void MapControlPlane(this IEndpointRouteBuilder endpoints)
    {
        IEndpointConventionBuilder[] services =
        [
            endpoints.MapGrpcService<ClusterService>(),
            endpoints.MapGrpcService<PlannerService>(),
            endpoints.MapGrpcService<NodesService>(),
            endpoints.MapGrpcService<RoutesService>(),
            endpoints.MapGrpcService<ServerPeerService>(),
            endpoints.MapGrpcService<MaintenanceService>(),
        ];
        foreach (var calls in services) calls.BreakOffWhenStopping(endpoints.ServiceProvider);
    }
}
