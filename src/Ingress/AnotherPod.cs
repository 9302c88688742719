using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Ingress;

/// <summary>
/// Tries another pod when one could not be reached, as long as nothing has been answered and the request can be sent again: it has no body, and either no
/// connection was made or its method changes nothing (RFC 9110, section 9.2.2).
/// </summary>
sealed class AnotherPod(RequestDelegate next)
{
    /// <summary>How many pods are tried for one request.</summary>
    const int MaxTries = 3;

    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        for (var attempt = 1; ; attempt++)
        {
            await next(context).ConfigureAwait(false);
            if (attempt == MaxTries || !MayTryAgain(context)) return;
            var others = proxy.AvailableDestinations.Where(each => each != proxy.ProxiedDestination).ToList();
            if (others.Count == 0) return;
            proxy.AvailableDestinations = others;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
        }
    }

    static bool MayTryAgain(HttpContext context)
    {
        if (context.Response.HasStarted || context.GetForwarderErrorFeature() is not { } failure) return false;
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true) return false;
        var connected = failure.Exception is not HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
        return failure.Error is ForwarderError.Request && (!connected || ChangesNothing(context.Request.Method));
    }

    static bool ChangesNothing(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
