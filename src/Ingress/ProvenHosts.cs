using Microsoft.AspNetCore.Http;

namespace Orchestrator.Ingress;

/// <summary>Shows an authority that a host is served here, before it gives a certificate for it: whatever the routes say of that path. Source: RFC 8555, section 8.3.</summary>
sealed class ProvenHosts(RequestDelegate next, Challenges challenges)
{
    const string Prefix = "/.well-known/acme-challenge/";

    public Task InvokeAsync(HttpContext context)
    {
        var path = context.Request.Path.Value ?? "";
        if (!path.StartsWith(Prefix, StringComparison.Ordinal) || challenges.AnswerTo(context.Request.Host.Host, path[Prefix.Length..]) is not { } answer) return next(context);
        context.Response.ContentType = "application/octet-stream";
        return context.Response.WriteAsync(answer);
    }
}
