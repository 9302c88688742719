using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>
/// Refuses a request over TLS for a host that its connection's certificate was not chosen for: whoever came in for one site does not reach another one by the Host header.
/// Source: RFC 9110, section 15.5.20.
/// </summary>
sealed class RightSite(RequestDelegate next, Sites sites)
{
    /// <summary>Where a connection keeps the site that it came in for.</summary>
    public static readonly object Item = new();

    public Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.IsHttps || sites.For(context.Request.Host.Host)?.Id == CameFor(context)) return next(context);
        context.Response.StatusCode = StatusCodes.Status421MisdirectedRequest;
        return Task.CompletedTask;
    }

    static string? CameFor(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.TryGetValue(Item, out var site) == true ? (site as Site)?.Id : null;
}
