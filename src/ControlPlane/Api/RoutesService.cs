using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Autoscaling;
using Orchestrator.Reconcile.Routes;
using Contract = Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Sends every ingress the whole route table, at once and whenever it changes.</summary>
sealed partial class RoutesService(ClusterStore store, Followers followers, HeardMetrics metrics, TimeProvider clock, ILogger<RoutesService> log) : Contract.Routes.RoutesBase
{
    /// <summary>How long changes are gathered, so that a burst of them is one new table.</summary>
    static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);

    public override async Task Watch(IAsyncStreamReader<RoutesRequest> requestStream, IServerStreamWriter<Contract.RouteTable> responseStream, ServerCallContext context)
    {
        if (!await requestStream.MoveNext(context.CancellationToken)) return;
        Connected(requestStream.Current.Ingress);
        using var follower = followers.Add(node: null);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var listening = ListenAsync(context.Caller().Name, follower, requestStream, over.Token);
        try
        {
            await await Task.WhenAny(SendAsync(follower, responseStream, over.Token), listening);
        }
        catch (Exception ended) when (ended is OperationCanceledException or IOException && context.CancellationToken.IsCancellationRequested)
        {
            // The ingress has gone.
        }
        finally
        {
            await over.CancelAsync();
            await listening.ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    async Task ListenAsync(string caller, Follower follower, IAsyncStreamReader<RoutesRequest> requests, CancellationToken token)
    {
        while (await requests.MoveNext(token))
        {
            var request = requests.Current;
            if (request.AppliedRevision > 0) follower.Acknowledged(request.AppliedRevision);
            if (request.Metrics is { } told) metrics.Heard(caller, told);
            foreach (var backend in request.Awaited) await WakeAsync(caller, backend, token);
        }
    }

    /// <summary>What can't be done now is asked for again a second later.</summary>
    async Task WakeAsync(string caller, string backend, CancellationToken token)
    {
        if (Awakening.Decide(store.Current, backend) is not { IsEmpty: false } plan) return;
        try
        {
            var command = new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"ingress/{caller}") { Operations = plan.Operations };
            if (await store.WriteAsync(command, token) is Applied) Woken(plan.Because);
        }
        catch (StoreUnavailableException unavailable)
        {
            NotWoken(backend, unavailable.Message);
        }
    }

    async Task SendAsync(Follower follower, IServerStreamWriter<Contract.RouteTable> responses, CancellationToken token)
    {
        Contract.RouteTable? sent = null;
        while (true)
        {
            var state = store.Current;
            var table = RouteMessages.Of(RouteReconciler.Compute(state));
            if (sent is null || !SameRoutes(sent, table))
            {
                follower.Sending(table.Revision);
                await responses.WriteAsync(table, token);
                sent = table;
            }

            follower.Seen(state.Revision);
            await store.ChangeAsync(state.Revision, static _ => true, token);
            await Task.Delay(Gathering, clock, token);
        }
    }

    static bool SameRoutes(Contract.RouteTable left, Contract.RouteTable right) => left.Routes.Equals(right.Routes) && left.Backends.Equals(right.Backends) && left.Certificates.Equals(right.Certificates) && left.Challenges.Equals(right.Challenges);

    [LoggerMessage(EventIds.Woken, LogLevel.Information, "{Because}")]
    partial void Woken(string because);

    [LoggerMessage(EventIds.NotWoken, LogLevel.Warning, "Requests wait for {Backend}, but it can't be scaled up now: {Why}")]
    partial void NotWoken(string backend, string why);

    [LoggerMessage(EventIds.IngressConnected, LogLevel.Information, "Ingress {Ingress} asks for the routes")]
    partial void Connected(string ingress);
}
