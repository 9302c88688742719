using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Orchestrator.Ingress;

/// <summary>
/// Refuses requests whose end two readers could see in different places, so that none can be smuggled past this one to a pod. The server itself
/// refuses most of them, but takes a length beside chunks and other codings before them. Source: RFC 9112, sections 6.1 and 11.2.
/// </summary>
sealed class ClearFraming(RequestDelegate next)
{
    /// <summary>Where the server puts the Content-Length of a request that is chunked too.</summary>
    const string OverruledLength = "X-Content-Length";

    public Task InvokeAsync(HttpContext context)
    {
        if (IsClear(context.Request)) return next(context);
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        context.Response.Headers.Connection = "close"; // what follows on this connection can't be told from the body
        return Task.CompletedTask;
    }

    static bool IsClear(HttpRequest request)
    {
        var coding = request.Headers.TransferEncoding;
        if (StringValues.IsNullOrEmpty(coding)) return true;
        return coding is [var only] && "chunked".Equals(only, StringComparison.OrdinalIgnoreCase)
            && HttpProtocol.IsHttp11(request.Protocol)
            && request.ContentLength is null
            && !request.Headers.ContainsKey(OverruledLength);
    }
}
