using System.Globalization;
using System.Net.Http.Headers;

namespace Orchestrator.Ingress.Outgoing;

/// <summary>A body in chunks, and the headers behind it. Source: RFC 9112, section 7.1.</summary>
sealed class ChunkedBody(PodConnection connection, HttpResponseHeaders trailers, Action<PodConnection>? giveBack) : PodBody(connection, giveBack)
{
    /// <summary>Bytes of a chunk's size with its extensions, or of one trailer.</summary>
    const int MaxLineBytes = 8 << 10;

    const int MaxTrailers = 64;

    /// <summary>Digits of a size: more are no size that there could be.</summary>
    const int MaxDigits = 15;

    long _left;
    bool _begun;

    protected override async ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken token)
    {
        if (_left == 0)
        {
            if (_begun && await LineAsync(token) > 0) throw ResponseHead.Refused("a chunk is longer than it says");
            if (_begun) SkipLine();
            _begun = true;
            _left = Size(Line(await LineAsync(token)));
            SkipLine();
            if (_left == 0)
            {
                await TrailersAsync(token);
                End();
                return 0;
            }
        }

        var count = await Connection.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], token);
        if (count == 0) throw CutOff();
        _left -= count;
        return count;
    }

    static long Size(ReadOnlySpan<byte> line)
    {
        var extension = line.IndexOf((byte)';');
        var digits = (extension < 0 ? line : line[..extension]).TrimEnd(" \t"u8);
        return digits.Length <= MaxDigits && long.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) ? size : throw ResponseHead.Refused("a chunk has no proper size");
    }

    async ValueTask TrailersAsync(CancellationToken token)
    {
        for (var count = 0; await LineAsync(token) is > 0 and var length; count++)
        {
            if (count == MaxTrailers) throw ResponseHead.Refused("its answer has too many trailers");
            Trailer(Line(length));
            SkipLine();
        }

        SkipLine();
    }

    void Trailer(ReadOnlySpan<byte> line)
    {
        var colon = ResponseHead.Colon(line);
        trailers.TryAddWithoutValidation(ResponseHead.Name(line[..colon]), ResponseHead.Value(line[(colon + 1)..].Trim(" \t"u8)));
    }

    /// <summary>Waits for a whole line.</summary>
    /// <returns>Its length without the end of the line.</returns>
    async ValueTask<int> LineAsync(CancellationToken token)
    {
        while (true)
        {
            var end = Connection.Unread.IndexOf((byte)'\n');
            if (end >= 0) return Connection.Unread[..end] is [.., (byte)'\r'] ? end - 1 : end;
            if (Connection.Unread.Length > MaxLineBytes) throw ResponseHead.Refused("a line between its chunks is too long");
            if (!await Connection.FillAsync(token)) throw CutOff();
        }
    }

    ReadOnlySpan<byte> Line(int length) => Connection.Unread[..length];

    void SkipLine() => Connection.Advance(Connection.Unread.IndexOf((byte)'\n') + 1);
}
