using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Orchestrator.Contracts;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Model;

namespace Orchestrator.Ingress;

/// <summary>
/// Leaves every route exactly the requests that Kubernetes gives it. The framework's matching finds the routes that may do; it ignores case and a
/// slash at the end, and takes any number of labels for the star of a host. Source: Kubernetes Ingress, "Path types" and "Hostname wildcards"; Gateway API, HTTPRouteMatch.
/// </summary>
sealed class RouteRules : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => endpoints.Any(endpoint => endpoint.Metadata.GetMetadata<RouteModel>() is not null);

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var request = httpContext.Request;
        for (var i = 0; i < candidates.Count; i++)
        {
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint.Metadata.GetMetadata<RouteModel>()?.Config is { } route && !Takes(route, request.Host.Host, request.Path.Value ?? "", request.Method, request.IsHttps))
                candidates.SetValidity(i, false);
        }

        return Task.CompletedTask;
    }

    /// <summary>Whether a route that <see cref="RouteConfigs"/> made takes a request.</summary>
    public static bool Takes(RouteConfig route, string host, string path, string method = "GET", bool tls = false)
    {
        var rules = route.Metadata!; // every route made has some
        return (route.Match.Hosts is not [var pattern, ..] || TakesHost(pattern, host, rules.ContainsKey(RouteConfigs.AnyLabelsKey)))
            && TakesPath(rules[RouteConfigs.PathKey], rules[RouteConfigs.ExactKey] == bool.TrueString, path)
            && (!rules.TryGetValue(RouteConfigs.MethodKey, out var only) || only.Equals(method, StringComparison.Ordinal))
            && (!rules.TryGetValue(RouteConfigs.DoorKey, out var door) || door == (tls ? nameof(Door.Tls) : nameof(Door.Plain)));
    }

    static bool TakesHost(string pattern, string host, bool anyLabels)
    {
        if (!pattern.StartsWith("*.", StringComparison.Ordinal)) return pattern.Equals(host, StringComparison.OrdinalIgnoreCase);
        var label = host.Length - (pattern.Length - 1);
        return label > 0 && host.AsSpan(label).Equals(pattern.AsSpan(1), StringComparison.OrdinalIgnoreCase) && (anyLabels || !host.AsSpan(0, label).Contains('.'));
    }

    // A prefix matches whole path elements: /shop takes /shop and /shop/cart, and not /shopping.
    static bool TakesPath(string rule, bool exact, string path)
    {
        if (exact) return path.Equals(rule, StringComparison.Ordinal);
        var prefix = rule.AsSpan().TrimEnd('/');
        return path.AsSpan().StartsWith(prefix, StringComparison.Ordinal) && (path.Length == prefix.Length || path[prefix.Length] == '/');
    }
}
