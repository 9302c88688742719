using System.Buffers;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Pods;

namespace Orchestrator.Manifests.Validation;

/// <summary>The rules of HTTPRoutes. Source: Gateway API, HTTPRouteSpec.</summary>
static class HttpRouteValidation
{
    const int MaxWeight = 1_000_000, MaxBackends = 16;

    static readonly int[] Redirects = [301, 302, 303, 307, 308];

    static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"];

    static readonly HashSet<string> OfTheConnection = new(["Connection", "Content-Length", "Host", "Keep-Alive", "TE", "Trailer", "Transfer-Encoding", "Upgrade"], StringComparer.OrdinalIgnoreCase);

    static readonly SearchValues<char> TokenCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static void Check(Findings findings, HttpRoute route)
    {
        var spec = route.Spec;
        findings.Require(spec.ParentRefs.Count > 0, "spec.parentRefs", "needs the gateway that the route attaches to");
        for (var i = 0; i < spec.ParentRefs.Count; i++)
        {
            Names.Subdomain(findings, $"spec.parentRefs[{i}].name", spec.ParentRefs[i].Name);
            if (spec.ParentRefs[i].Namespace is { } home) Names.Label(findings, $"spec.parentRefs[{i}].namespace", home);
        }

        for (var i = 0; i < spec.Hostnames.Count; i++) GatewayValidation.Hostname(findings, $"spec.hostnames[{i}]", spec.Hostnames[i]);
        findings.Require(spec.Rules.Count > 0, "spec.rules", "needs at least one");
        for (var i = 0; i < spec.Rules.Count; i++) Rule(findings, $"spec.rules[{i}]", spec.Rules[i], route.Metadata.Namespace);
    }

    static void Rule(Findings findings, string path, HttpRouteRule rule, string? home)
    {
        for (var i = 0; i < rule.Matches.Count; i++) Match(findings, $"{path}.matches[{i}]", rule.Matches[i]);
        for (var i = 0; i < rule.Filters.Count; i++) Filter(findings, $"{path}.filters[{i}]", rule.Filters[i], rule);
        findings.Unique(rule.Filters, filter => filter.Type.ToString(), i => $"{path}.filters[{i}].type");
        var redirects = rule.Filters.Any(filter => filter.Type == HttpRouteFilterType.RequestRedirect);
        findings.Require(!redirects || rule.Filters.All(filter => filter.Type != HttpRouteFilterType.URLRewrite), $"{path}.filters", "a redirect and a rewrite do not go together");
        if (redirects) findings.Require(rule.BackendRefs.Count == 0, $"{path}.backendRefs", "does not go with a redirect, which answers by itself");
        else findings.Require(rule.BackendRefs.Count > 0, $"{path}.backendRefs", "needs a service, unless a filter redirects");
        for (var i = 0; i < rule.BackendRefs.Count; i++) Backend(findings, $"{path}.backendRefs[{i}]", rule.BackendRefs[i], home);
        findings.Require(rule.BackendRefs.Count <= MaxBackends, $"{path}.backendRefs", $"has {rule.BackendRefs.Count} services; at most {MaxBackends} are allowed");
        if (rule.BackendRefs.Count > 0) findings.Require(rule.BackendRefs.Any(each => each.Weight > 0), $"{path}.backendRefs", "needs one with a weight");
        var whole = Timeout(findings, $"{path}.timeouts.request", rule.Timeouts?.Request);
        var single = Timeout(findings, $"{path}.timeouts.backendRequest", rule.Timeouts?.BackendRequest);
        if (whole > TimeSpan.Zero) findings.Require(single is null || single <= whole, $"{path}.timeouts.backendRequest", "must not be longer than timeouts.request");
    }

    static TimeSpan? Timeout(Findings findings, string path, string? text)
    {
        if (text is null) return null;
        var duration = GatewayDuration.Parse(text);
        findings.Require(duration is not null, path, $"\"{text}\" is no duration; write 10s, 500ms or 1m30s");
        return duration;
    }

    static void Match(Findings findings, string path, HttpRouteMatch match)
    {
        if (match.Path is { } wanted) Path(findings, $"{path}.path.value", wanted.Value);
        if (match.Method is { } method) findings.Require(Methods.Contains(method), $"{path}.method", $"\"{method}\" is no method; there are {string.Join(", ", Methods)}");
        for (var i = 0; i < match.Headers.Count; i++) Token(findings, $"{path}.headers[{i}].name", match.Headers[i].Name);
        for (var i = 0; i < match.QueryParams.Count; i++) findings.Require(match.QueryParams[i].Name.Length > 0, $"{path}.queryParams[{i}].name", "is required");
        findings.Unique(match.Headers, header => header.Name.ToLowerInvariant(), i => $"{path}.headers[{i}].name");
        findings.Unique(match.QueryParams, parameter => parameter.Name, i => $"{path}.queryParams[{i}].name");
    }

    static void Filter(Findings findings, string path, HttpRouteFilter filter, HttpRouteRule rule)
    {
        object? content = filter.Type switch
        {
            HttpRouteFilterType.RequestHeaderModifier => filter.RequestHeaderModifier,
            HttpRouteFilterType.ResponseHeaderModifier => filter.ResponseHeaderModifier,
            HttpRouteFilterType.RequestRedirect => filter.RequestRedirect,
            HttpRouteFilterType.URLRewrite => filter.UrlRewrite,
        };
        findings.Require(content is not null, path, $"of type {filter.Type} needs {char.ToLowerInvariant(filter.Type.ToString()[0])}{filter.Type.ToString()[1..]}".Replace("uRLRewrite", "urlRewrite", StringComparison.Ordinal));
        if (filter.RequestHeaderModifier is { } request) Headers(findings, $"{path}.requestHeaderModifier", request);
        if (filter.ResponseHeaderModifier is { } response) Headers(findings, $"{path}.responseHeaderModifier", response);
        if (filter.RequestRedirect is { } redirect) Redirect(findings, $"{path}.requestRedirect", redirect, rule);
        if (filter.UrlRewrite is not { } rewrite) return;
        if (rewrite.Hostname is { } hostname) Names.Subdomain(findings, $"{path}.urlRewrite.hostname", hostname);
        if (rewrite.Path is { } change) Change(findings, $"{path}.urlRewrite.path", change, rule);
    }

    static void Redirect(Findings findings, string path, HttpRequestRedirect redirect, HttpRouteRule rule)
    {
        findings.Require(redirect.Scheme is null or "http" or "https", $"{path}.scheme", "must be http or https");
        findings.Require(Redirects.Contains(redirect.StatusCode), $"{path}.statusCode", $"must be one of {string.Join(", ", Redirects)}");
        if (redirect.Hostname is { } hostname) Names.Subdomain(findings, $"{path}.hostname", hostname);
        if (redirect.Port is { } port) Names.Port(findings, $"{path}.port", port);
        if (redirect.Path is { } change) Change(findings, $"{path}.path", change, rule);
    }

    static void Change(Findings findings, string path, HttpPathModifier change, HttpRouteRule rule)
    {
        var isWhole = change.Type == HttpPathModifierType.ReplaceFullPath;
        if (isWhole)
        {
            findings.Require(change.ReplaceFullPath is not null, $"{path}.replaceFullPath", "is required with this type");
            if (change.ReplaceFullPath is { } full) Path(findings, $"{path}.replaceFullPath", full);
            return;
        }

        findings.Require(change.ReplacePrefixMatch is not null, $"{path}.replacePrefixMatch", "is required with this type");
        if (change.ReplacePrefixMatch is { } prefix) Path(findings, $"{path}.replacePrefixMatch", prefix);
        findings.Require(rule.Matches.All(match => match.Path?.Type is null or HttpPathMatchType.PathPrefix), path, "replaces a prefix, so that all matches must be of type PathPrefix");
    }

    static void Headers(Findings findings, string path, HttpHeaderModifier change)
    {
        for (var i = 0; i < change.Set.Count; i++) Header(findings, $"{path}.set[{i}]", change.Set[i]);
        for (var i = 0; i < change.Add.Count; i++) Header(findings, $"{path}.add[{i}]", change.Add[i]);
        for (var i = 0; i < change.Remove.Count; i++) Changeable(findings, $"{path}.remove[{i}]", change.Remove[i]);
    }

    static void Changeable(Findings findings, string path, string name)
    {
        Token(findings, path, name);
        findings.Require(!OfTheConnection.Contains(name), path, $"{name} is what the ingress frames and routes messages by; a host is changed by a filter of type URLRewrite");
    }

    static void Header(Findings findings, string path, HttpHeader header)
    {
        Changeable(findings, $"{path}.name", header.Name);
        findings.Require(header.Value.All(each => each is >= ' ' and <= '~' or '\t'), $"{path}.value", "must be of printable ASCII characters");
    }

    static void Token(Findings findings, string path, string name) =>
        findings.Require(name.Length > 0 && !name.AsSpan().ContainsAnyExcept(TokenCharacters), path, $"\"{name}\" is no header's name");

    static void Path(Findings findings, string path, string value)
    {
        findings.Require(value.StartsWith('/'), path, "must start with /");
        findings.Require(!value.Contains("//", StringComparison.Ordinal) && !value.Split('/').Any(part => part is "." or "..") && value.All(each => each is > ' ' and <= '~' and not ('?' or '#')), path, "must be a plain path, without //, . or .., and without a query");
    }

    static void Backend(Findings findings, string path, HttpBackendRef backend, string? home)
    {
        Names.Label(findings, $"{path}.name", backend.Name);
        Names.Port(findings, $"{path}.port", backend.Port);
        findings.Require(backend.Weight is >= 0 and <= MaxWeight, $"{path}.weight", $"must be between 0 and {MaxWeight}");
        findings.Require(backend.Namespace is null || home is null || backend.Namespace == home, $"{path}.namespace", "must be the route's own: services of other namespaces are not sent to");
    }
}
