using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Ingress;

/// <summary>
/// Tries another pod when one could not be reached, as long as nothing has been answered and the request can be sent again: either no connection was
/// made, so that nothing was sent, or it has no body and its method changes nothing (RFC 9110, section 9.2.2).
/// </summary>
sealed class AnotherPod(RequestDelegate next)
{
    /// <summary>How many pods are tried for one request.</summary>
    public const int MaxTries = 3;

    public async Task InvokeAsync(HttpContext context)
    {
        var proxy = context.GetReverseProxyFeature();
        var untried = proxy.AvailableDestinations; // kept here, because load balancing leaves only its choice in the feature
        for (var attempt = 1; ; attempt++)
        {
            await next(context);
            if (attempt == MaxTries || !MayTryAgain(context)) return;
            untried = [.. untried.Where(each => each != proxy.ProxiedDestination)];
            if (untried.Count == 0) return;
            proxy.AvailableDestinations = untried;
            context.Features.Set<IForwarderErrorFeature>(null);
            context.Response.Clear();
        }
    }

    static bool MayTryAgain(HttpContext context)
    {
        if (context.Response.HasStarted || context.RequestAborted.IsCancellationRequested || context.GetForwarderErrorFeature() is not { } failure) return false;
        if (NeverConnected(failure)) return true;
        var hasBody = context.Features.Get<IHttpRequestBodyDetectionFeature>()?.CanHaveBody == true;
        return failure.Error is ForwarderError.Request && !hasBody && ChangesNothing(context.Request.Method);
    }

    // A pod that refuses is an error of the request; one that does not answer at all, as when its machine is gone, is a timeout of the connection.
    static bool NeverConnected(IForwarderErrorFeature failure) => failure switch
    {
        { Error: ForwarderError.Request, Exception: HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } } => true,
        { Error: ForwarderError.RequestTimedOut, Exception: OperationCanceledException { InnerException: TimeoutException } } => true,
        _ => false,
    };

    static bool ChangesNothing(string method) => HttpMethods.IsGet(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method);
}
