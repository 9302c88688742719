using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>Answers the requests of routes that send clients elsewhere. Source: Gateway API, HTTPRequestRedirectFilter.</summary>
sealed class Redirects(RequestDelegate next)
{
    /// <summary>The name under which a route's redirect is kept.</summary>
    public const string Key = "redirect";

    const int PlainPort = 80, TlsPort = 443;

    public static string Write(Redirect redirect) => redirect.ToByteString().ToBase64();

    public Task InvokeAsync(HttpContext context)
    {
        var rules = context.GetReverseProxyFeature().Route.Config.Metadata!; // every route made has some
        if (!rules.TryGetValue(Key, out var kept)) return next(context);
        var redirect = Redirect.Parser.ParseFrom(ByteString.FromBase64(kept));
        context.Response.StatusCode = redirect.Status;
        context.Response.Headers.Location = Place(context.Request, redirect, rules[RouteConfigs.PathKey]);
        return Task.CompletedTask;
    }

    // The port that the client came to stands unless the scheme changes, with which its usual port goes.
    static string Place(HttpRequest request, Redirect redirect, string own)
    {
        var scheme = redirect.Scheme.Length > 0 ? redirect.Scheme : request.Scheme;
        var host = redirect.Host.Length > 0 ? redirect.Host : request.Host.Host;
        var port = redirect.Port > 0 ? redirect.Port : redirect.Scheme.Length > 0 ? null : request.Host.Port;
        var shown = port is null || port == (scheme == "https" ? TlsPort : PlainPort) ? new HostString(host) : new HostString(host, port.Value);
        return $"{scheme}://{shown.ToUriComponent()}{new PathString(OnTheWay.Changed(request.Path.Value ?? "/", own, redirect.Path)).ToUriComponent()}{request.QueryString.ToUriComponent()}";
    }
}
