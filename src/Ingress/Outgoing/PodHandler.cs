using System.Buffers;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Ingress.Outgoing;

/// <summary>
/// Sends the requests that most are, those that only ask (GET and HEAD without a body), over plain HTTP/1.1 with as little as that takes; all others go the framework's way.
/// </summary>
sealed class PodHandler : DelegatingHandler
{
    const string Scheme = "http://";

    /// <summary>100 Continue and the like before one answer.</summary>
    const int MaxInterims = 16;

    [ThreadStatic]
    static ArrayBufferWriter<byte>? _spare;

    readonly TimeSpan _connectTimeout;
    readonly PodConnections _connections = new();
    readonly Action<PodConnection> _giveBack;

    /// <param name="connectTimeout">How long a pod may take to accept a connection.</param>
    /// <param name="others">Sends everything else.</param>
    public PodHandler(TimeSpan connectTimeout, HttpMessageHandler others)
        : base(others) => (_connectTimeout, _giveBack) = (connectTimeout, _connections.GiveBack);

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!IsPlain(request) || request.RequestUri is not { OriginalString: var address } || !address.StartsWith(Scheme, StringComparison.Ordinal)) return base.SendAsync(request, cancellationToken);
        var slash = address.IndexOf('/', Scheme.Length);
        var end = slash < 0 ? address.Length : slash;
        var authority = address.AsMemory(Scheme.Length, end - Scheme.Length);
        var head = _spare ?? new ArrayBufferWriter<byte>();
        _spare = null;
        if (RequestHead.TryWrite(request, authority.Span, address.AsSpan(end), head)) return AskAsync(request, authority, head, cancellationToken);
        Spare(head);
        return base.SendAsync(request, cancellationToken);
    }

    static bool IsPlain(HttpRequestMessage request) =>
        request.Content is null && (request.Method == HttpMethod.Get || request.Method == HttpMethod.Head)
        && (request.Version <= HttpVersion.Version11 || request.VersionPolicy == HttpVersionPolicy.RequestVersionOrLower)
        && !request.Headers.NonValidated.Contains("Upgrade");

    async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, ReadOnlyMemory<char> authority, ArrayBufferWriter<byte> head, CancellationToken token)
    {
        try
        {
            // One that rested may have been closed by the pod at this very moment. Then it has answered nothing, and what only asks can be asked again.
            if (_connections.Take(authority.Span) is { } resting && await ExchangeAsync(resting, request, head.WrittenMemory, token) is { } answer) return answer;
            var name = authority.ToString();
            if (!IPEndPoint.TryParse(name, out var pod)) return await base.SendAsync(request, token);
            return await ExchangeAsync(await PodConnections.OpenAsync(pod, name, _connectTimeout, token), request, head.WrittenMemory, token)
                ?? throw new HttpRequestException(HttpRequestError.ResponseEnded, $"{name} closed the connection without an answer");
        }
        finally
        {
            Spare(head);
        }
    }

    /// <returns>Null when the connection ended before a byte of the answer.</returns>
    async ValueTask<HttpResponseMessage?> ExchangeAsync(PodConnection connection, HttpRequestMessage request, ReadOnlyMemory<byte> head, CancellationToken token)
    {
        try
        {
            await connection.SendAsync(head, token);
            if (await HeadAsync(connection, token) is { } answer) return Message(connection, request, answer);
            connection.Dispose();
            return null;
        }
        catch (SocketException broken)
        {
            var silent = connection.Unread.Length == 0;
            connection.Dispose();
            return silent ? null : throw new HttpRequestException(HttpRequestError.ResponseEnded, broken.Message, broken);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    static async ValueTask<ResponseHead?> HeadAsync(PodConnection connection, CancellationToken token)
    {
        for (var interims = 0; interims <= MaxInterims; interims++)
        {
            int? length;
            while ((length = ResponseHead.Measure(connection.Unread)) is null)
            {
                if (connection.Unread.Length > ResponseHead.MaxBytes) throw ResponseHead.Refused("the head of its answer is too long");
                if (await connection.FillAsync(token)) continue;
                if (interims == 0 && connection.Unread.Length == 0) return null;
                throw new HttpRequestException(HttpRequestError.ResponseEnded, "the pod closed the connection in the middle of its answer's head");
            }

            var head = ResponseHead.Read(connection.Unread[..length.Value]);
            connection.Advance(length.Value);
            if (head.Status == HttpStatusCode.SwitchingProtocols) throw ResponseHead.Refused("it changes to a protocol that was not asked for");
            if (!head.IsInterim) return head;
        }

        throw ResponseHead.Refused("its answer does not come");
    }

    HttpResponseMessage Message(PodConnection connection, HttpRequestMessage request, ResponseHead head)
    {
        var message = new HttpResponseMessage(head.Status) { RequestMessage = request };
        if (head.Reason is { } reason) message.ReasonPhrase = reason;
        var giveBack = head.Keeps ? _giveBack : null;
        message.Content = new PodContent(head.FramingFor(request.Method) switch
        {
            Framing.None => Nothing(connection, giveBack),
            Framing.Length => new LengthBody(connection, head.Length, giveBack),
            Framing.Chunks => new ChunkedBody(connection, message.TrailingHeaders, giveBack),
            Framing.Close => new ClosingBody(connection),
        });
        foreach (var (name, value) in head.Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, value)) message.Content.Headers.TryAddWithoutValidation(name, value);
        }

        return message;
    }

    static Stream Nothing(PodConnection connection, Action<PodConnection>? giveBack)
    {
        if (giveBack is null) connection.Dispose();
        else giveBack(connection);
        return Stream.Null;
    }

    static void Spare(ArrayBufferWriter<byte> head)
    {
        head.ResetWrittenCount();
        _spare = head;
    }
}
