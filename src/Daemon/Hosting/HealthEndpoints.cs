using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>What other programs ask to learn whether this one lives and can serve.</summary>
static class HealthEndpoints
{
    public static void MapHealth(this WebApplication app, string host)
    {
        app.MapGet("/healthz", () => "ok").RequireHost(host);
        app.MapGet("/livez", () => "ok").RequireHost(host);
        app.MapGet("/readyz", (IServiceProvider services) =>
        {
            var store = services.GetService<ClusterStore>();
            return store is not null && store.Leader is null
                ? Results.Text("no leader is known here\n", statusCode: StatusCodes.Status503ServiceUnavailable)
                : Results.Text("ok\n");
        }).RequireHost(host);
        app.MapPrometheusScrapingEndpoint("/metrics").RequireHost(host);
    }
}
