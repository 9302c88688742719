using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;

namespace Orchestrator.Ingress.Outgoing;

/// <summary>How an answer's body ends.</summary>
enum Framing
{
    None,
    Length,
    Chunks,
    Close,
}

/// <summary>
/// The head of an answer, read strictly: what two readers might frame differently is refused (RFC 9112, sections 4 to 6).
/// </summary>
sealed class ResponseHead
{
    /// <summary>Bytes of status line and headers; more is refused.</summary>
    public const int MaxBytes = 64 << 10;

    // Names are few and come again: each is made a string once, as long as there are not too many of them.
    const int KnownNames = 512;

    static readonly SearchValues<byte> NameBytes = SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    static readonly SearchValues<byte> Forbidden = SearchValues.Create([.. Enumerable.Range(0, 0x20).Where(each => each != '\t').Select(each => (byte)each), 0x7F]);
    static readonly ConcurrentDictionary<string, string> Names = new(StringComparer.Ordinal);

    readonly List<(string Name, string Value)> _headers = new(16);
    int _minor;
    bool _closes, _keeps, _chunked;
    long? _length;

    ResponseHead(int status) => Status = (HttpStatusCode)status;

    public HttpStatusCode Status { get; }

    public string? Reason { get; private set; }

    /// <summary>All but those that are about the connection itself.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers => _headers;

    /// <summary>100 Continue and the like: the answer itself is still to come.</summary>
    public bool IsInterim => (int)Status is >= 100 and < 200;

    /// <summary>Whether the connection may be used again after the body.</summary>
    public bool Keeps => _minor == 1 ? !_closes : _keeps && !_closes;

    /// <summary>The body's length in bytes, when that is how it is framed.</summary>
    public long Length => _length ?? 0;

    /// <summary>How many bytes the head has that a buffer begins with; null when it is not whole yet.</summary>
    public static int? Measure(ReadOnlySpan<byte> buffer)
    {
        for (var position = 0; ;)
        {
            var line = buffer[position..].IndexOf((byte)'\n');
            if (line < 0) return null;
            var isEmpty = line == 0 || (line == 1 && buffer[position] == '\r');
            position += line + 1;
            if (isEmpty) return position;
        }
    }

    /// <exception cref="HttpRequestException">It is no proper head.</exception>
    public static ResponseHead Read(ReadOnlySpan<byte> head)
    {
        var position = 0;
        var result = StatusLine(NextLine(head, ref position));
        while (NextLine(head, ref position) is { Length: > 0 } line) result.Header(line);
        if (result._chunked && result._length is not null) throw Refused("its answer has a length and chunks");
        return result;
    }

    public Framing FramingFor(HttpMethod method)
    {
        if (method == HttpMethod.Head || Status is HttpStatusCode.NoContent or HttpStatusCode.NotModified) return Framing.None;
        if (_chunked) return Framing.Chunks;
        return _length switch { 0 => Framing.None, null => Framing.Close, _ => Framing.Length };
    }

    public static HttpRequestException Refused(string why) => new(HttpRequestError.InvalidResponse, $"the pod does not speak proper HTTP/1.1: {why}");

    /// <summary>A name as a string.</summary>
    public static string Name(ReadOnlySpan<byte> name)
    {
        const int longest = 64;
        if (name.Length is 0 || name.ContainsAnyExcept(NameBytes)) throw Refused("a header has no proper name");
        if (name.Length > longest) return Encoding.ASCII.GetString(name);
        Span<char> text = stackalloc char[name.Length];
        Encoding.ASCII.GetChars(name, text);
        if (Names.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out var known)) return known;
        var made = text.ToString();
        return Names.Count < KnownNames ? Names.GetOrAdd(made, made) : made;
    }

    public static string Value(ReadOnlySpan<byte> value) => value.ContainsAny(Forbidden) ? throw Refused("a header has a control character") : Encoding.Latin1.GetString(value);

    /// <summary>Splits a header's line at its colon.</summary>
    public static int Colon(ReadOnlySpan<byte> line) => line[0] is (byte)' ' or (byte)'\t' || line.IndexOf((byte)':') is var colon && colon < 0 ? throw Refused("a header is folded, or has no colon") : colon;

    static ResponseHead StatusLine(ReadOnlySpan<byte> line)
    {
        const int shortest = 12, reason = 13;
        if (line.Length < shortest || !line.StartsWith("HTTP/1."u8) || line[7] is not ((byte)'0' or (byte)'1') || line[8] != ' ' || (line.Length > shortest && line[shortest] != ' ')
            || !int.TryParse(line[9..shortest], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status < 100)
            throw Refused("its answer has no proper status line");
        return new ResponseHead(status) { _minor = line[7] - '0', Reason = line.Length <= reason || line[reason..].SequenceEqual("OK"u8) ? null : Value(line[reason..]) };
    }

    void Header(ReadOnlySpan<byte> line)
    {
        var colon = Colon(line);
        var name = Name(line[..colon]);
        var value = line[(colon + 1)..].Trim(" \t"u8);
        if (Is(name, "Content-Length")) SetLength(value);
        else if (Is(name, "Transfer-Encoding"))
        {
            if (_chunked || !Ascii.EqualsIgnoreCase(value, "chunked"u8)) throw Refused("its answer has a transfer coding other than chunked");
            _chunked = true;
        }
        else if (Is(name, "Connection"))
        {
            foreach (var part in value.Split((byte)','))
            {
                var option = value[part].Trim(" \t"u8);
                _closes |= Ascii.EqualsIgnoreCase(option, "close"u8);
                _keeps |= Ascii.EqualsIgnoreCase(option, "keep-alive"u8);
            }
        }
        else if (!Is(name, "Keep-Alive")) _headers.Add((name, Value(value)));
    }

    void SetLength(ReadOnlySpan<byte> value)
    {
        if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length) || (_length is not null && _length != length)) throw Refused("its answer has no single proper length");
        if (_length is null) _headers.Add(("Content-Length", length.ToString(CultureInfo.InvariantCulture)));
        _length = length;
    }

    static ReadOnlySpan<byte> NextLine(ReadOnlySpan<byte> head, ref int position)
    {
        var rest = head[position..];
        var end = rest.IndexOf((byte)'\n'); // the head was measured
        position += end + 1;
        return end > 0 && rest[end - 1] == '\r' ? rest[..(end - 1)] : rest[..end];
    }

    static bool Is(string name, string other) => name.Equals(other, StringComparison.OrdinalIgnoreCase);
}
