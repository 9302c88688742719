using System.Buffers;
using System.Buffers.Text;
using System.Collections.Frozen;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Orchestrator.Ingress.Pods;

/// <summary>
/// What a pod says before an answer's body. Where the body ends must be said once and clearly, since the next answer begins there: of two lengths, or a length beside chunks, none
/// is believed. Source: RFC 9112, sections 4 to 6.
/// </summary>
/// <param name="Length">Bytes of the body; null where it is chunked, or ends with the connection.</param>
/// <param name="KeepsOpen">Whether the pod keeps the connection for another request.</param>
readonly record struct AnswerHead(int Status, long? Length, bool IsChunked, bool KeepsOpen)
{
    const int StatusAt = 9, ReasonAt = 13; // HTTP/1.1 200 OK

    static readonly SearchValues<byte> NameBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    // So that the usual ones are no new text each time.
    static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> UsualNames = new[]
    {
        HeaderNames.AcceptRanges, HeaderNames.Age, HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlAllowCredentials, HeaderNames.AccessControlAllowHeaders, HeaderNames.AccessControlAllowMethods,
        HeaderNames.Allow, HeaderNames.CacheControl, HeaderNames.Connection, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength,
        HeaderNames.ContentRange, HeaderNames.ContentSecurityPolicy, HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag, HeaderNames.Expires, HeaderNames.KeepAlive, HeaderNames.LastModified, HeaderNames.Link,
        HeaderNames.Location, HeaderNames.Pragma, HeaderNames.Server, HeaderNames.SetCookie, HeaderNames.StrictTransportSecurity, HeaderNames.TransferEncoding, HeaderNames.Vary, HeaderNames.Via,
        HeaderNames.XContentTypeOptions, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy,
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The bytes of a whole head with the empty line after it; -1 when it has not all come. Lines that end without a carriage return are taken, as by other proxies.</summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOf("\r\n\r\n"u8);
        var bare = (at < 0 ? bytes : bytes[..(at + 2)]).IndexOf("\n\n"u8);
        return (at, bare) switch
        {
            (_, >= 0) => bare + 2,
            ( >= 0, _) => at + 4,
            _ => -1,
        };
    }

    /// <exception cref="HttpRequestException">It is none.</exception>
    public static int StatusOf(ReadOnlySpan<byte> head)
    {
        var good = head.Length > StatusAt + 3 && head.StartsWith("HTTP/1."u8) && head[7] is (byte)'0' or (byte)'1' && head[8] == ' ' && head[StatusAt + 3] is (byte)' ' or (byte)'\r' or (byte)'\n';
        return good && int.TryParse(head.Slice(StatusAt, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status >= 100
            ? status
            : throw NotUnderstood("its first line is no status line of HTTP/1.1");
    }

    /// <summary>Reads a whole head into the answer for the client.</summary>
    /// <param name="asked">The request's method: what is asked by HEAD is answered without a body.</param>
    /// <exception cref="HttpRequestException">It is not understood.</exception>
    /// <exception cref="InvalidOperationException">It has a value that no client may be sent.</exception>
    public static AnswerHead Read(ReadOnlySpan<byte> head, string asked, HttpResponse answer)
    {
        var status = StatusOf(head);
        answer.StatusCode = status;
        var end = head.IndexOf((byte)'\n');
        SetReason(answer, status, head[Math.Min(ReasonAt, end)..end].TrimEnd((byte)'\r'));
        long? length = null;
        var (chunked, keeps) = (false, head[7] == '1');
        for (var rest = head[(end + 1)..]; rest.Length > 0;)
        {
            end = rest.IndexOf((byte)'\n');
            var line = rest[..end].TrimEnd((byte)'\r');
            rest = rest[(end + 1)..];
            if (line.Length == 0) break;
            var name = Split(line, out var value);
            switch (name)
            {
                case var _ when name == HeaderNames.ContentLength:
                    var said = NumberOf(value);
                    if (length is not null && length != said) throw NotUnderstood("it has two lengths");
                    length = said;
                    break;
                case var _ when name == HeaderNames.TransferEncoding:
                    if (chunked || !value.SequenceEqual("chunked"u8) && !Encoding.Latin1.GetString(value).Equals("chunked", StringComparison.OrdinalIgnoreCase)) throw NotUnderstood("its transfer coding is not just chunked");
                    chunked = true;
                    break;
                case var _ when name == HeaderNames.Connection:
                    if (Encoding.Latin1.GetString(value).Contains("close", StringComparison.OrdinalIgnoreCase)) keeps = false;
                    break;
                case var _ when PlainRequest.OfOneConnection.Contains(name):
                    break;
                default:
                    var text = Encoding.Latin1.GetString(value);
                    answer.Headers[name] = answer.Headers.TryGetValue(name, out var before) ? StringValues.Concat(before, text) : text;
                    break;
            }
        }

        if (chunked && (length is not null || head[7] == '0')) throw NotUnderstood("it has a length beside chunks, or chunks before HTTP/1.1");
        if (length is not null && status != StatusCodes.Status204NoContent) answer.ContentLength = length; // RFC 9110, section 8.6: there it must not be
        // RFC 9112, section 6.3: these have no body, whatever the head says.
        if (HttpMethods.IsHead(asked) || status is StatusCodes.Status204NoContent or StatusCodes.Status304NotModified) return new AnswerHead(status, 0, false, keeps);
        return new AnswerHead(status, length, chunked, keeps && (chunked || length is not null));
    }

    /// <summary>The name and value of a line of a head, or of what comes after chunks.</summary>
    /// <exception cref="HttpRequestException">It is none.</exception>
    public static string Split(ReadOnlySpan<byte> line, out ReadOnlySpan<byte> value)
    {
        var colon = line.IndexOf((byte)':');
        // A proxy takes blanks before the colon away (RFC 9112, section 5.1); a line that begins with one is a folded one.
        var name = colon < 0 ? default : line[..colon].TrimEnd(" \t"u8);
        if (name.Length == 0 || name.ContainsAnyExcept(NameBytes)) throw NotUnderstood("it has a line that is no header");
        value = line[(colon + 1)..].Trim(" \t"u8);
        return NameOf(name);
    }

    public static HttpRequestException NotUnderstood(string why) => new(HttpRequestError.InvalidResponse, $"the pod's answer is not understood: {why}");

    static string NameOf(ReadOnlySpan<byte> name)
    {
        const int LongestUsual = 40;
        if (name.Length > LongestUsual) return Encoding.ASCII.GetString(name);
        Span<char> text = stackalloc char[LongestUsual];
        text = text[..Encoding.ASCII.GetChars(name, text)];
        return UsualNames.TryGetValue(text, out var usual) ? usual : text.ToString();
    }

    static long NumberOf(ReadOnlySpan<byte> value) =>
        Utf8Parser.TryParse(value, out long number, out var used) && used == value.Length && value.Length > 0 && value[0] is >= (byte)'0' and <= (byte)'9'
            ? number
            : throw NotUnderstood("its length is no number");

    static void SetReason(HttpResponse answer, int status, ReadOnlySpan<byte> reason)
    {
        var usual = ReasonPhrases.GetReasonPhrase(status);
        if (Ascii.Equals(reason, usual)) return;
        if (answer.HttpContext.Features.Get<IHttpResponseFeature>() is { } feature && HttpProtocol.IsHttp11(answer.HttpContext.Request.Protocol)) feature.ReasonPhrase = Encoding.Latin1.GetString(reason);
    }
}
