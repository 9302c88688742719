using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Acme;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Nodes.Silo;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane;

/// <summary>Puts a server of the control plane into a host: everything around a store that is open already.</summary>
public static class ControlPlaneHosting
{
    /// <summary>The largest message that is taken, in bytes: a full transaction and some room.</summary>
    const int MaxMessageBytes = 16 << 20;

    public static IServiceCollection AddControlPlane(
        this IServiceCollection services, ClusterStore store, PeerClients peers, Gate gate, KnownServers servers, ControlPlaneOptions options, SiloEndpoint silo)
    {
        services.AddGrpc(grpc => grpc.MaxReceiveMessageSize = MaxMessageBytes);
        return services
            .AddSingleton(store)
            .AddSingleton(peers)
            .AddSingleton(gate)
            .AddSingleton(servers)
            .AddSingleton(gate.Credentials)
            .AddHostedService<GateWatch>()
            .AddHostedService<AdminFile>()
            .AddSingleton<FailedTries>()
            .AddSingleton<ClusterAuthority>()
            .AddHostedService(static provider => provider.GetRequiredService<ClusterAuthority>())
            .AddSingleton(options)
            .AddSingleton(silo)
            .AddSingleton<SiloHost>()
            .AddHostedService(static provider => provider.GetRequiredService<SiloHost>())
            .AddSingleton<NodeSessions>()
            .AddSingleton<NodeCalls>()
            .AddSingleton<HeardMetrics>()
            .AddSingleton<ClusterMetrics>()
            .AddSingleton<Followers>()
            .AddSingleton<NetworkFeed>()
            .AddSingleton<Spread>()
            .AddSingleton<Withdrawal>()
            .AddSingleton<NodeMonitor>()
            .AddSingleton<ControllerLoop>()
            .AddSingleton<SchedulingLoop>()
            .AddSingleton<AutoscalingLoop>()
            .AddSingleton<RotationLoop>()
            .AddSingleton<ReclaimLoop>()
            .AddSingleton<CertificateLoop>()
            .AddHostedService<LeaderLoops>()
            .AddHostedService<ServerRegistration>();
    }

    public static void MapControlPlane(this IEndpointRouteBuilder endpoints)
    {
        var gate = endpoints.ServiceProvider.GetRequiredService<Gate>();
        (IEndpointConventionBuilder Calls, Purpose[] Callers)[] services =
        [
            (endpoints.MapGrpcService<ClusterService>(), [Purpose.User]),
            (endpoints.MapGrpcService<PlannerService>(), [Purpose.User]),
            (endpoints.MapGrpcService<AccessService>(), [Purpose.User]),
            (endpoints.MapGrpcService<MaintenanceService>(), [Purpose.User, Purpose.Server]),
            (endpoints.MapGrpcService<NodesService>(), [Purpose.Agent, Purpose.Server]),
            (endpoints.MapGrpcService<RoutesService>(), [Purpose.Ingress, Purpose.Server]),
            (endpoints.MapGrpcService<ServerPeerService>(), [Purpose.Server]),
            (endpoints.MapGrpcService<CertificatesService>(), [Purpose.User, Purpose.Agent, Purpose.Ingress, Purpose.Server]),
            (endpoints.MapGrpcService<JoiningService>(), []), // a token is what the joiner has
        ];
        foreach (var (calls, callers) in services)
        {
            calls.BreakOffWhenStopping(endpoints.ServiceProvider);
            calls.OnlyFor(gate, callers);
        }
    }
}
