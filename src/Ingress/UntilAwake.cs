using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy;

namespace Orchestrator.Ingress;

/// <summary>
/// Holds a request for a workload that was scaled to nothing until a pod of it is ready. Its body stays with the client meanwhile. Nobody waits for ever, and no more
/// wait than the first pod can be expected to answer: the rest hear 503 at once.
/// </summary>
sealed class UntilAwake(RequestDelegate next, AwaitedPods awaited, IProxyStateLookup proxy, TimeProvider clock)
{
    /// <summary>Requests that may wait for one backend.</summary>
    public const int MostWaiting = 1_000;

    /// <summary>An image may have to be pulled.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public Task InvokeAsync(HttpContext context)
    {
        var feature = context.GetReverseProxyFeature();
        var sleeps = feature.AvailableDestinations.Count == 0 && feature.Cluster.Config.Metadata?.ContainsKey(RouteConfigs.WakesKey) == true;
        return sleeps && awaited.TryBegin(feature.Cluster.Config.ClusterId, MostWaiting) ? WaitAsync(context, feature.Cluster.Config.ClusterId) : next(context);
    }

    async Task WaitAsync(HttpContext context, string backend)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, context.RequestAborted);
        try
        {
            while (true)
            {
                var applied = awaited.Applied; // asked for before the look, so that none is missed
                if (!proxy.TryGetCluster(backend, out var cluster)) break; // nobody routes to it any more
                if (cluster.DestinationsState.AvailableDestinations.Count > 0)
                {
                    context.ReassignProxyRequest(cluster);
                    break;
                }

                await applied.WaitAsync(over.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // Without a destination the answer is 503, if anybody still listens.
        }
        finally
        {
            awaited.End(backend);
        }

        await next(context);
    }
}
