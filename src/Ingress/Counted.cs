using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>Counts a request for its Ingress, also one that waits or is refused further in.</summary>
sealed class Counted(RequestDelegate next, RequestCounts counts)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var count = counts.Of(RouteConfigs.IngressOf(context));
        count.Begin();
        try
        {
            await next(context);
        }
        finally
        {
            count.End();
        }
    }
}
