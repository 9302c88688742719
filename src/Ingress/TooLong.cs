using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Timeouts;

namespace Orchestrator.Ingress;

/// <summary>Answers a request that took longer than its Ingress allows with 504, which the proxy takes for one that its client gave up.</summary>
sealed class TooLong(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) =>
        context.GetReverseProxyFeature().Route.Config.Timeout is null ? next(context) : LimitedAsync(context);

    async Task LimitedAsync(HttpContext context)
    {
        await next(context);
        if (context.Features.Get<IHttpRequestTimeoutFeature>()?.RequestTimeoutToken.IsCancellationRequested == true && !context.Response.HasStarted)
            context.Response.StatusCode = StatusCodes.Status504GatewayTimeout;
    }
}
