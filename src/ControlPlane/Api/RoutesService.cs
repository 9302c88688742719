using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Reconcile.Routes;
using Contract = Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Sends every ingress the whole route table, at once and whenever it changes.</summary>
sealed partial class RoutesService(ClusterStore store, TimeProvider clock, ILogger<RoutesService> log) : Contract.Routes.RoutesBase
{
    /// <summary>How long changes are gathered, so that a burst of them is one new table.</summary>
    static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    public override async Task Watch(RoutesRequest request, IServerStreamWriter<Contract.RouteTable> responseStream, ServerCallContext context)
    {
        Connected(request.Ingress);
        var token = context.CancellationToken;
        Contract.RouteTable? sent = null;
        try
        {
            while (true)
            {
                var state = store.Current;
                var table = ToMessage(RouteReconciler.Compute(state));
                if (sent is null || !SameRoutes(sent, table))
                {
                    await responseStream.WriteAsync(table, token);
                    sent = table;
                }

                await ChangeAsync(state.Revision, token);
                await Task.Delay(Gathering, clock, token);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The ingress has gone.
        }
    }

    async Task ChangeAsync(long revision, CancellationToken token)
    {
        try
        {
            await foreach (var changed in store.WatchAsync(revision, token))
            {
                if (changed.Changes.Any(change => change.Key.Kind is "Ingress" or "Service" or "Endpoints")) return;
            }
        }
        catch (CompactedException)
        {
            // The table is computed from the whole state anyway.
        }
    }

    static bool SameRoutes(Contract.RouteTable left, Contract.RouteTable right) => left.Routes.Equals(right.Routes) && left.Backends.Equals(right.Backends);

    static Contract.RouteTable ToMessage(Reconcile.Routes.RouteTable table)
    {
        var message = new Contract.RouteTable { Revision = table.Revision };
        message.Routes.AddRange(table.Routes.Select(route => new Contract.Route
        {
            Id = route.Id,
            Host = route.Host,
            Path = route.Path,
            PathType = route.Exact ? Contract.Route.Types.PathType.Exact : Contract.Route.Types.PathType.Prefix,
            Backend = route.Backend,
            Order = route.Order,
        }));
        foreach (var backend in table.Backends)
        {
            var one = new Contract.Backend { Id = backend.Id };
            one.Destinations.AddRange(backend.Destinations.Select(each => new Contract.Destination { Id = each.Id, Address = each.Address }));
            message.Backends.Add(one);
        }

        return message;
    }

    [LoggerMessage(EventIds.IngressConnected, LogLevel.Information, "Ingress {Ingress} asks for the routes")]
    partial void Connected(string ingress);
}
