using System.Buffers;
using System.Net.Sockets;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Orchestrator.Ingress.Pods;

/// <summary>
/// Carries plain requests to pods over connections of its own, without the objects that the library makes of a request and its answer and takes apart again; they were most of
/// what a request cost. Everything else is forwarded by the library: what has a body, upgrades, is changed by its route, or goes to a name.
/// </summary>
sealed partial class Forwarder(IHttpForwarder library, PodConnections pods, ILogger<Forwarder> log) : IHttpForwarder
{
    // RFC 9113, section 7.
    const int InternalError = 2, Cancelled = 8;

    public ValueTask<ForwarderError> SendAsync(HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer) =>
        SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, CancellationToken.None);

    public ValueTask<ForwarderError> SendAsync(HttpContext context, string destinationPrefix, HttpMessageInvoker httpClient, ForwarderRequestConfig requestConfig, HttpTransformer transformer, CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(requestConfig, RouteConfigs.Forwarding) || !PlainRequest.Is(context) || pods.Of(destinationPrefix) is not { } pod)
            return library.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, cancellationToken);
        var request = ArrayPool<byte>.Shared.Rent(PlainRequest.MaxBytes);
        if (PlainRequest.TryWrite(context, destinationPrefix, request, out var length)) return ForwardAsync(context, pod, request, length);
        ArrayPool<byte>.Shared.Return(request);
        return library.SendAsync(context, destinationPrefix, httpClient, requestConfig, transformer, cancellationToken);
    }

    async ValueTask<ForwarderError> ForwardAsync(HttpContext context, PodPool pod, byte[] request, int length)
    {
        var gone = context.RequestAborted;
        PodConnection? connection = null;
        AnswerBody? body = null;
        CancellationTokenRegistration whenGone = default;
        try
        {
            // One that was kept may have been closed just now: then nothing was done, and a new one tells how it really is.
            for (connection = pod.TakeWaiting(); ; connection = null)
            {
                var kept = connection is not null;
                connection ??= await pod.ConnectAsync(gone);
                whenGone = gone.UnsafeRegister(static connection => ((PodConnection)connection!).Abort(), connection); // the one that is passed
                try
                {
                    await connection.SendAsync(request.AsMemory(0, length));
                    if (connection.Took(await connection.AheadAsync())) break;
                }
                catch (Exception e) when (kept && !connection.IsTimedOut && e is SocketException or ObjectDisposedException)
                {
                }

                if (!kept) throw new HttpRequestException(HttpRequestError.ResponseEnded, "the pod closed the connection without an answer");
                await whenGone.DisposeAsync();
                pod.Drop(connection);
                gone.ThrowIfCancellationRequested();
            }

            AnswerHead head;
            while (!TryReadHead(connection, context, out head))
            {
                if (!await connection.FillAsync()) throw new HttpRequestException(HttpRequestError.ResponseEnded, "the pod broke its answer off");
            }

            body = new AnswerBody(connection, context.Response);
            await body.CopyAsync(head);
            await whenGone.DisposeAsync();
            if (head.KeepsOpen && connection.Unread.IsEmpty) pod.Return(connection);
            else pod.Drop(connection);
            return ForwarderError.None;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException or IOException)
        {
            await whenGone.DisposeAsync();
            if (connection is not null) pod.Drop(connection);
            return Fail(context, body, e, gone.IsCancellationRequested, connection?.IsTimedOut == true);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(request);
        }
    }

    /// <summary>Reads the head of the answer into the client's; false when it has not all come.</summary>
    static bool TryReadHead(PodConnection connection, HttpContext context, out AnswerHead head)
    {
        while (AnswerHead.LengthOf(connection.Unread) is var length and > 0)
        {
            switch (AnswerHead.StatusOf(connection.Unread[..length]))
            {
                case StatusCodes.Status101SwitchingProtocols:
                    throw AnswerHead.NotUnderstood("it switches protocols unasked");
                case < StatusCodes.Status200OK:
                    connection.Use(length); // the answer comes after these
                    break;
                default:
                    head = AnswerHead.Read(connection.Unread[..length], context.Request.Method, context.Response);
                    connection.Use(length);
                    return true;
            }
        }

        head = default;
        return false;
    }

    ForwarderError Fail(HttpContext context, AnswerBody? body, Exception e, bool gone, bool timedOut)
    {
        var (error, status) = (body, gone, timedOut) switch
        {
            (null, true, _) => (ForwarderError.RequestCanceled, StatusCodes.Status400BadRequest),
            (null, _, true) => (ForwarderError.RequestTimedOut, StatusCodes.Status504GatewayTimeout),
            (null, _, _) => (e is InvalidOperationException ? ForwarderError.ResponseHeaders : ForwarderError.Request, StatusCodes.Status502BadGateway),
            (_, true, _) or (_, _, true) => (ForwarderError.ResponseBodyCanceled, StatusCodes.Status502BadGateway),
            _ => (ForwarderError.ResponseBodyDestination, StatusCodes.Status502BadGateway),
        };
        context.Features.Set<IForwarderErrorFeature>(new Failure(error, e));
        if (!gone) LogFailed(log, context.GetReverseProxyFeature().ProxiedDestination?.Model.Config.Address, error, e.Message);
        if (context.Response.HasStarted || body?.HasBegun == true) BreakOff(context, gone);
        else
        {
            context.Response.Clear();
            context.Response.StatusCode = status;
        }

        return error;
    }

    // The client must not take what it has for the whole.
    static void BreakOff(HttpContext context, bool gone)
    {
        if (context.Features.Get<IHttpResetFeature>() is { } stream) stream.Reset(gone ? Cancelled : InternalError);
        else context.Abort();
    }

    sealed record Failure(ForwarderError Error, Exception? Exception) : IForwarderErrorFeature;

    [LoggerMessage(3020, LogLevel.Debug, "A request to {Pod} failed, {Error}: {Why}")]
    private static partial void LogFailed(ILogger log, string? pod, ForwarderError error, string why);
}
