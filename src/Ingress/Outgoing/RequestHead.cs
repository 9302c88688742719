using System.Buffers;
using System.Text;

namespace Orchestrator.Ingress.Outgoing;

/// <summary>Writes the head of a request without a body. Source: RFC 9112, sections 3 and 5.</summary>
static class RequestHead
{
    static readonly SearchValues<char> TargetCharacters = SearchValues.Create([.. Enumerable.Range(0x21, 0x7E - 0x21 + 1).Select(each => (char)each)]);
    static readonly SearchValues<char> ValueCharacters = SearchValues.Create([.. Enumerable.Range(0x20, 0x7E - 0x20 + 1).Select(each => (char)each), '\t']);

    /// <returns>False when there is something in it that a head can't hold as it is; what was written is of no use then.</returns>
    public static bool TryWrite(HttpRequestMessage request, ReadOnlySpan<char> authority, ReadOnlySpan<char> target, ArrayBufferWriter<byte> to)
    {
        if (target.ContainsAnyExcept(TargetCharacters)) return false;
        Write(request.Method.Method, to);
        Write(" ", to);
        Write(target.Length == 0 ? "/" : target, to);
        Write(" HTTP/1.1\r\nHost: ", to);
        var host = request.Headers.Host is { } given ? given : authority;
        if (host.ContainsAnyExcept(TargetCharacters)) return false;
        Write(host, to);
        Write("\r\n", to);
        foreach (var (name, values) in request.Headers.NonValidated)
        {
            if (name.Equals("Host", StringComparison.OrdinalIgnoreCase)) continue;
            // Pairs of one cookie header may come in parts over HTTP/2, and are one over HTTP/1.1 (RFC 9113, section 8.2.3).
            if (!(values.Count > 1 && name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? TryLine(name, string.Join("; ", values), to) : TryLines(name, values, to))) return false;
        }

        Write("\r\n", to);
        return true;
    }

    static bool TryLines(string name, System.Net.Http.Headers.HeaderStringValues values, ArrayBufferWriter<byte> to)
    {
        foreach (var value in values)
        {
            if (!TryLine(name, value, to)) return false;
        }

        return true;
    }

    static bool TryLine(string name, string value, ArrayBufferWriter<byte> to)
    {
        if (value.AsSpan().ContainsAnyExcept(ValueCharacters)) return false;
        Write(name, to);
        Write(": ", to);
        Write(value, to);
        Write("\r\n", to);
        return true;
    }

    static void Write(ReadOnlySpan<char> text, ArrayBufferWriter<byte> to) => to.Advance(Encoding.Latin1.GetBytes(text, to.GetSpan(text.Length)));
}
