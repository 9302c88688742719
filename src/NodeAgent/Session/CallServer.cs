using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Logs;
using Orchestrator.NodeAgent.Pods;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// Answers what servers ask of this node, each on a stream of its own that the agent opens: a container's log, the
/// import of an image.
/// </summary>
sealed partial class CallServer(NodeAgentOptions options, AgentPods pods, ImageStore images, ContainerLogs logs, ILogger log)
{
    // One frame; a log line in pieces is put together by whoever shows it.
    const int FrameBytes = 64 * 1024;

    // Each may hold a file and a stream open for as long as somebody looks on.
    const int MaxCalls = 64;

    int _underWay;

    /// <summary>Begins to answer; what goes wrong is told to the server that asked.</summary>
    public void Begin(Nodes.NodesClient client, Call call, CancellationToken cancel) => _ = AnswerAsync(client, call, cancel);

    async Task AnswerAsync(Nodes.NodesClient client, Call call, CancellationToken cancel)
    {
        try
        {
            using AsyncDuplexStreamingCall<Frame, Frame> stream = client.Serve(cancellationToken: cancel);
            await stream.RequestStream.WriteAsync(new Frame { CallId = call.Id }, cancel);
            string error = "";
            try
            {
                if (Interlocked.Increment(ref _underWay) > MaxCalls)
                    error = $"node {options.NodeName} answers {MaxCalls} calls already";
                else
                    await ServeAsync(stream, call, cancel);
            }
            catch (Exception e) when (e is not (RpcException or OperationCanceledException))
            {
                error = e.Message.StartsWith("node ", StringComparison.Ordinal) ? e.Message : $"node {options.NodeName}: {e.Message}";
            }
            finally
            {
                Interlocked.Decrement(ref _underWay);
            }

            await stream.RequestStream.WriteAsync(new Frame { Finish = new Finish { Error = error } }, cancel);
            await stream.RequestStream.CompleteAsync();
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException)
        {
            // The one who asked is gone, or the session is: there is nobody left to tell.
            LogCallBroken(log, call.Id, e.Message);
        }
    }

    Task ServeAsync(AsyncDuplexStreamingCall<Frame, Frame> stream, Call call, CancellationToken cancel) => call.RequestCase switch
    {
        Call.RequestOneofCase.Logs => LogsAsync(stream, call.Logs, cancel),
        Call.RequestOneofCase.ImportImage => ImportAsync(stream, call.ImportImage, cancel),
        Call.RequestOneofCase.None => throw new NotSupportedException("this version does not know what is asked"),
    };

    async Task LogsAsync(AsyncDuplexStreamingCall<Frame, Frame> stream, LogsRequest request, CancellationToken cancel)
    {
        PodRunner runner = pods.Find(request.Namespace, request.Pod)
            ?? throw new FileNotFoundException($"pod {request.Namespace}/{request.Pod} is not on this node");
        using CancellationTokenSource gone = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        Task listening = StopWithAskerAsync(stream.ResponseStream, gone);
        try
        {
            await foreach (ReadOnlyMemory<byte> text in Gather(logs.ReadAsync(runner, request, gone.Token)))
                await stream.RequestStream.WriteAsync(new Frame { Data = UnsafeByteOperations.UnsafeWrap(text) }, gone.Token);
        }
        finally
        {
            await gone.CancelAsync();
            await listening;
        }
    }

    // A follow ends when the one who asked goes away, which shows on the other half of the stream.
    static async Task StopWithAskerAsync(IAsyncStreamReader<Frame> asker, CancellationTokenSource gone)
    {
        try
        {
            while (await asker.MoveNext(gone.Token) && asker.Current.PartCase != Frame.PartOneofCase.Finish)
            {
            }

            await gone.CancelAsync();
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException)
        {
            await gone.CancelAsync();
        }
    }

    static async IAsyncEnumerable<ReadOnlyMemory<byte>> Gather(IAsyncEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        using MemoryStream gathered = new();
        IAsyncEnumerator<ReadOnlyMemory<byte>> next = pieces.GetAsyncEnumerator();
        try
        {
            ValueTask<bool> more = next.MoveNextAsync();
            while (true)
            {
                // Send what is there as soon as the log pauses, or a frame is full.
                if (gathered.Length > 0 && (!more.IsCompleted || gathered.Length >= FrameBytes))
                {
                    yield return gathered.ToArray();
                    gathered.SetLength(0);
                }

                if (!await more)
                    break;
                gathered.Write(next.Current.Span);
                more = next.MoveNextAsync();
            }

            if (gathered.Length > 0)
                yield return gathered.ToArray();
        }
        finally
        {
            await next.DisposeAsync();
        }
    }

    async Task ImportAsync(AsyncDuplexStreamingCall<Frame, Frame> stream, ImportImageStart start, CancellationToken cancel)
    {
        string archive = images.NewIncoming();
        try
        {
            await using (FileStream file = new(archive, FileMode.CreateNew, FileAccess.Write))
            {
                while (await stream.ResponseStream.MoveNext(cancel) && stream.ResponseStream.Current.PartCase != Frame.PartOneofCase.Finish)
                {
                    if (file.Length > options.ImageLimits.LayerBytes)
                        throw new ImageException(ImageFault.Invalid, $"the archive is longer than {options.ImageLimits.LayerBytes} bytes");
                    await file.WriteAsync(stream.ResponseStream.Current.Data.Memory, cancel);
                }
            }

            foreach ((string name, string digest) in await images.ImportAsync(archive, start.Name.Length > 0 ? start.Name : null, cancel))
            {
                ImportedImage image = new() { Node = options.NodeName, Name = name, Digest = digest };
                await stream.RequestStream.WriteAsync(new Frame { Data = image.ToByteString() }, cancel);
            }
        }
        finally
        {
            File.Delete(archive);
        }
    }

    [LoggerMessage(140, LogLevel.Information, "call {Id} broke off: {Why}")]
    private static partial void LogCallBroken(ILogger log, string id, string why);
}
