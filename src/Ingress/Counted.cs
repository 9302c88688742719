using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>
/// Counts a request for its Ingress, also one that waits or is refused further in. Where so many are under way that the Ingress allows no more, it is answered with 503: what
/// is overloaded gets no better by more.
/// </summary>
sealed class Counted(RequestDelegate next, RequestCounts counts)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var count = counts.Of(RouteConfigs.IngressOf(context));
        var underWay = count.Begin();
        try
        {
            if (underWay > MostOf(context))
            {
                context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
                context.Response.Headers.RetryAfter = "1";
                return;
            }

            await next(context);
        }
        finally
        {
            count.End();
        }
    }

    static long MostOf(HttpContext context) => context.GetReverseProxyFeature().Route.Config.Metadata!.TryGetValue(RouteConfigs.ConcurrencyKey, out var most) // every route made has some
        ? long.Parse(most, CultureInfo.InvariantCulture)
        : long.MaxValue;
}
