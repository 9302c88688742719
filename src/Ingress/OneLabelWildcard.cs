using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>
/// Lets <c>*.example.com</c> take <c>shop.example.com</c> and not <c>a.b.example.com</c>. Source: Kubernetes Ingress, "Hostname wildcards"; the
/// framework's own matching takes any number of labels.
/// </summary>
sealed class OneLabelWildcard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context)
    {
        var host = context.GetReverseProxyFeature().Route.Config.Match.Hosts?[0];
        if (host is null || !host.StartsWith("*.", StringComparison.Ordinal)) return next(context);
        var label = context.Request.Host.Host.AsSpan()[..^(host.Length - 1)];
        if (!label.Contains('.')) return next(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
