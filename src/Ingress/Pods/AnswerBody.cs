using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Orchestrator.Ingress.Pods;

/// <summary>
/// Carries an answer's body from a pod to the client, to where the head says that it ends and not a byte further. What has come goes on before anything is waited for, so that slow
/// answers are heard as they are spoken; an answer that came at once leaves at once. Source: RFC 9112, sections 6 and 7.
/// </summary>
sealed class AnswerBody(PodConnection pod, HttpResponse answer)
{
    /// <summary>Bytes that are asked of the kernel at a time.</summary>
    const int PieceBytes = 64 << 10;

    /// <summary>Bytes that may wait to be sent on.</summary>
    const int MaxWaiting = 256 << 10;

    /// <summary>Digits of a chunk's size.</summary>
    const int MaxDigits = 15;

    readonly PipeWriter _client = answer.BodyWriter;
    int _waiting;
    bool _flushed;

    /// <summary>True once the client may have been sent something of it.</summary>
    public bool HasBegun { get; private set; }

    /// <exception cref="HttpRequestException">The pod broke off, or its chunks are none.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The connection is broken, or was given up.</exception>
    public ValueTask CopyAsync(AnswerHead head) => head.Length is { } length && TryUse(length) ? ValueTask.CompletedTask : SlowlyAsync(head);

    // Most answers came whole with their heads.
    bool TryUse(long length)
    {
        if (pod.Unread.Length < length) return false;
        Write((int)length);
        return true;
    }

    async ValueTask SlowlyAsync(AnswerHead head)
    {
        if (head.IsChunked) await ChunksAsync();
        else if (head.Length is { } length) await WholeAsync(length);
        else await ToTheEndAsync();
        if (_flushed && _waiting > 0) await FlushAsync(); // the server flushes by itself only what was not begun before
    }

    // A head that says how long the body is waits for the first of it: one packet instead of two.
    async ValueTask WholeAsync(long bytes)
    {
        if (pod.Unread.IsEmpty && !await pod.FillAsync()) throw BrokenOff();
        await PieceAsync(bytes);
    }

    async ValueTask PieceAsync(long bytes)
    {
        var buffered = (int)Math.Min(bytes, pod.Unread.Length);
        Write(buffered);
        for (var left = bytes - buffered; left > 0;)
        {
            var read = await ReadAsync((int)Math.Min(left, PieceBytes));
            if (read == 0) throw BrokenOff();
            left -= read;
        }
    }

    async ValueTask ToTheEndAsync()
    {
        Write(pod.Unread.Length);
        while (await ReadAsync(PieceBytes) > 0)
        {
        }
    }

    async ValueTask ChunksAsync()
    {
        while (true)
        {
            var first = await LineAsync();
            var size = SizeOf(pod.Unread[..first]);
            pod.Use(first + 2);
            if (size == 0) break;
            await PieceAsync(size);
            if (await LineAsync() != 0) throw AnswerHead.NotUnderstood("a chunk is longer than it says");
            pod.Use(2);
        }

        while (await LineAsync() is var line and > 0)
        {
            var name = AnswerHead.Split(pod.Unread[..line], out var value);
            if (answer.SupportsTrailers() && !PlainRequest.OfOneConnection.Contains(name) && name != HeaderNames.ContentLength) answer.AppendTrailer(name, Encoding.Latin1.GetString(value));
            pod.Use(line + 2);
        }

        pod.Use(2);
    }

    /// <summary>Has a whole line unread, and tells its length without its end.</summary>
    async ValueTask<int> LineAsync()
    {
        int length;
        while ((length = pod.Unread.IndexOf("\r\n"u8)) < 0)
        {
            await BeforeWaitAsync();
            if (!await pod.FillAsync()) throw BrokenOff();
        }

        return length;
    }

    // Extensions of a chunk say nothing to anybody.
    static long SizeOf(ReadOnlySpan<byte> line)
    {
        var digits = line.IndexOfAny((byte)';', (byte)' ', (byte)'\t') is var end and >= 0 ? line[..end] : line;
        var extension = line[digits.Length..].TrimStart(" \t"u8);
        var good = digits.Length is > 0 and <= MaxDigits && (extension.Length == 0 || extension[0] == ';') && !line.ContainsAny((byte)'\n', (byte)'\r');
        return good && long.TryParse(digits, System.Globalization.NumberStyles.AllowHexSpecifier, System.Globalization.CultureInfo.InvariantCulture, out var size)
            ? size
            : throw AnswerHead.NotUnderstood("a chunk's size is none");
    }

    void Write(int bytes)
    {
        if (bytes == 0) return;
        _client.Write(pod.Unread[..bytes]);
        pod.Use(bytes);
        (_waiting, HasBegun) = (_waiting + bytes, true);
    }

    // Into the client's own buffer: the body is not copied a second time.
    async ValueTask<int> ReadAsync(int most)
    {
        await BeforeWaitAsync();
        var read = await pod.ReadAsync(_client.GetMemory(most)[..most]);
        _client.Advance(read);
        if (read > 0) (_waiting, HasBegun) = (_waiting + read, true);
        return read;
    }

    ValueTask BeforeWaitAsync() => _waiting < MaxWaiting && pod.HasMore ? ValueTask.CompletedTask : FlushAsync();

    async ValueTask FlushAsync()
    {
        (_waiting, HasBegun, _flushed) = (0, true, true);
        await _client.FlushAsync();
    }

    static HttpRequestException BrokenOff() => new(HttpRequestError.ResponseEnded, "the pod broke its answer off");
}
