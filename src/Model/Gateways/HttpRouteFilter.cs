using Orchestrator.Model.Pods;
using Orchestrator.Model.Schema;

namespace Orchestrator.Model.Gateways;

/// <summary>What is done to a request or its answer on the way. Source: Gateway API, HTTPRouteFilter.</summary>
public sealed record HttpRouteFilter
{
    public required HttpRouteFilterType Type { get; init; }

    public HttpHeaderModifier? RequestHeaderModifier { get; init; }

    public HttpHeaderModifier? ResponseHeaderModifier { get; init; }

    public HttpRequestRedirect? RequestRedirect { get; init; }

    public HttpUrlRewrite? UrlRewrite { get; init; }
}

public enum HttpRouteFilterType
{
    RequestHeaderModifier,
    ResponseHeaderModifier,
    RequestRedirect,
    URLRewrite,
}

public sealed record HttpHeaderModifier
{
    [MergeKey("name")]
    public IReadOnlyList<HttpHeader> Set { get; init => field = value ?? []; } = [];

    [MergeKey("name")]
    public IReadOnlyList<HttpHeader> Add { get; init => field = value ?? []; } = [];

    public IReadOnlyList<string> Remove { get; init => field = value ?? []; } = [];
}

/// <summary>Answers with another place to ask; what is null stays as the client asked.</summary>
public sealed record HttpRequestRedirect
{
    public string? Scheme { get; init; }

    public string? Hostname { get; init; }

    public HttpPathModifier? Path { get; init; }

    public int? Port { get; init; }

    [Default("302")]
    public int StatusCode { get; init; } = 302;
}

/// <summary>Asks the pod for another path or host than the client did.</summary>
public sealed record HttpUrlRewrite
{
    public string? Hostname { get; init; }

    public HttpPathModifier? Path { get; init; }
}

public sealed record HttpPathModifier
{
    public required HttpPathModifierType Type { get; init; }

    public string? ReplaceFullPath { get; init; }

    /// <summary>Stands for the prefix that the match took.</summary>
    public string? ReplacePrefixMatch { get; init; }
}

public enum HttpPathModifierType
{
    ReplaceFullPath,
    ReplacePrefixMatch,
}
