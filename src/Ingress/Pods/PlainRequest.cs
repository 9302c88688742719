using System.Buffers;
using System.Collections.Frozen;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Ingress.Pods;

/// <summary>
/// The requests that most are: without a body, changing nothing, asking for nothing special of the connection, on a route that changes nothing. They are a head of some lines, which is
/// written here as YARP's own transforms have it. Anything out of the ordinary is left to the library.
/// </summary>
static class PlainRequest
{
    /// <summary>Bytes of a head; a longer one is the library's.</summary>
    public const int MaxBytes = 16 << 10;

    /// <summary>What concerns one connection only, as YARP has it, and what is said here.</summary>
    public static readonly FrozenSet<string> OfOneConnection = new[]
    {
        HeaderNames.Connection, HeaderNames.TransferEncoding, HeaderNames.KeepAlive, HeaderNames.Upgrade, HeaderNames.ProxyConnection, HeaderNames.ProxyAuthenticate,
        "Proxy-Authentication-Info", HeaderNames.ProxyAuthorization, "Proxy-Features", "Proxy-Instruction", "Security-Scheme", "ALPN", "Close", "HTTP2-Settings",
        HeaderNames.UpgradeInsecureRequests, HeaderNames.TE, HeaderNames.AltSvc,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // RFC 9110, sections 5.1 and 5.5. Values are bytes, each a character.
    static readonly SearchValues<char> NameCharacters = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    static readonly SearchValues<char> ValueCharacters = SearchValues.Create([.. Enumerable.Range(0x20, 0xff - 0x1f).Select(static code => (char)code).Where(static character => character != 0x7f), '\t']);

    // What no part of the way from here to the pod writes in any other way.
    static readonly SearchValues<char> PathCharacters = SearchValues.Create("-._~/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    static readonly SearchValues<char> QueryCharacters = SearchValues.Create("-._~/=&?0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    public static bool Is(HttpContext context)
    {
        var request = context.Request;
        return (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method))
            && context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            && context.GetReverseProxyFeature() is { Cluster.Config.SessionAffinity: null } proxy && OnTheWay.IsNothing(proxy.Route.Config.Transforms)
            && request.Headers is { Upgrade.Count: 0, Expect.Count: 0, TE.Count: 0 } headers
            && (headers.Connection.Count == 0 || headers.Connection is [var connection] && IsOrdinary(connection));
    }

    /// <summary>Writes the head; false when something of it is for the library to say.</summary>
    /// <param name="destination">http://ADDRESS:PORT/</param>
    public static bool TryWrite(HttpContext context, string destination, Span<byte> to, out int length)
    {
        var request = context.Request;
        HeadWriter head = new(to);
        head.Ascii(HttpMethods.GetCanonicalizedValue(request.Method));
        head.Ascii(" ");
        WriteTarget(ref head, request, destination);
        head.Bytes(" HTTP/1.1\r\nHost: "u8);
        head.Value(request.Host.Value ?? "");
        head.Bytes("\r\n"u8);
        foreach (var (name, values) in request.Headers)
        {
            if (name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase) || name.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase)) continue;
            if (name.StartsWith(':') || OfOneConnection.Contains(name)) continue;
            // The crumbs of HTTP/2 are one cookie in HTTP/1.1. Source: RFC 9113, section 8.2.3.
            if (values.Count > 1 && name.Equals(HeaderNames.Cookie, StringComparison.OrdinalIgnoreCase)) head.Field(name, string.Join("; ", values.AsEnumerable()));
            else foreach (var value in values) head.Field(name, value ?? "");
        }

        if (context.Connection.RemoteIpAddress is { } client)
        {
            head.Bytes("X-Forwarded-For: "u8);
            head.Address(client);
            head.Bytes("\r\n"u8);
        }

        head.Bytes("X-Forwarded-Host: "u8);
        head.Value(request.Host.Value ?? "");
        head.Bytes("\r\nX-Forwarded-Proto: "u8);
        head.Ascii(request.Scheme);
        head.Bytes("\r\n\r\n"u8);
        length = head.Length;
        return head.IsGood && request.Host.HasValue;
    }

    static void WriteTarget(ref HeadWriter head, HttpRequest request, string destination)
    {
        var path = request.Path.Value ?? "";
        var query = request.QueryString.Value ?? "";
        var asItIs = path.StartsWith('/') && !path.AsSpan().ContainsAnyExcept(PathCharacters) && !path.Contains("/.", StringComparison.Ordinal) && !query.AsSpan().ContainsAnyExcept(QueryCharacters);
        if (asItIs)
        {
            head.Ascii(path);
            head.Ascii(query);
        }
        else head.Ascii(RequestUtilities.MakeDestinationAddress(destination, request.Path, request.QueryString).PathAndQuery);
    }

    static bool IsOrdinary(string? connection) =>
        "keep-alive".Equals(connection, StringComparison.OrdinalIgnoreCase) || "close".Equals(connection, StringComparison.OrdinalIgnoreCase);

    /// <summary>Writes until something does not fit or must not be written as it is.</summary>
    ref struct HeadWriter(Span<byte> to)
    {
        Span<byte> _rest = to;
        readonly int _all = to.Length;

        public bool IsGood { get; private set; } = true;

        public readonly int Length => _all - _rest.Length;

        public void Bytes(scoped ReadOnlySpan<byte> bytes)
        {
            if (!(IsGood &= bytes.TryCopyTo(_rest))) return;
            _rest = _rest[bytes.Length..];
        }

        public void Ascii(string text)
        {
            if (!(IsGood &= System.Text.Ascii.FromUtf16(text, _rest, out var written) == OperationStatus.Done)) return;
            _rest = _rest[written..];
        }

        public void Value(string text)
        {
            if (!(IsGood &= text.Length <= _rest.Length && !text.AsSpan().ContainsAnyExcept(ValueCharacters))) return;
            _rest = _rest[Encoding.Latin1.GetBytes(text, _rest)..];
        }

        public void Field(string name, string value)
        {
            IsGood &= name.Length > 0 && !name.AsSpan().ContainsAnyExcept(NameCharacters);
            Ascii(name);
            Bytes(": "u8);
            Value(value);
            Bytes("\r\n"u8);
        }

        public void Address(IPAddress address)
        {
            if (!(IsGood &= address.TryFormat(_rest, out var written))) return;
            _rest = _rest[written..];
        }
    }
}
