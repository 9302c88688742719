using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Images;
using Orchestrator.NodeAgent.Logs;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Streams;
using Orchestrator.NodeAgent.Volumes;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// Answers what servers ask of this node, each on a stream of its own that the agent opens: a container's log, a command in
/// it, a connection to its pod, the import of an image, the end of a volume.
/// </summary>
sealed partial class CallServer(NodeAgentOptions options, AgentPods pods, ImageStore images, ContainerLogs logs, ContainerExec exec, PodForward forward, VolumeDiscard discard, ILogger log)
{
    // One frame; a log line in pieces is put together by whoever shows it.
    const int FrameBytes = 64 * 1024;

    // Each may hold a file and a stream open for as long as somebody looks on.
    const int MaxCalls = 64;
    static readonly TimeSpan HangUpTimeout = TimeSpan.FromSeconds(10);

    int _underWay;

    /// <summary>Begins to answer; what goes wrong is told to the server that asked.</summary>
    public void Begin(Nodes.NodesClient client, Call call, CancellationToken cancel) => _ = AnswerAsync(client, call, cancel);

    async Task AnswerAsync(Nodes.NodesClient client, Call call, CancellationToken cancel)
    {
        try
        {
            using Asker asker = new(client.Serve(cancellationToken: cancel));
            await asker.SendAsync(new Frame { CallId = call.Id }, cancel);
            var error = await TryServeAsync(asker, call, cancel);
            await asker.FinishAsync(error, cancel);
            // Ending the call from here would take back what was just sent: the asker ends it once it has read everything.
            await asker.HungUpAsync().WaitAsync(HangUpTimeout, cancel);
        }
        catch (Exception e) when (e is RpcException or OperationCanceledException or InvalidOperationException or IOException or TimeoutException)
        {
            // The one who asked is gone, or the session is: there is nobody left to tell.
            LogCallBroken(log, call.Id, e.Message);
        }
    }

    async Task<string> TryServeAsync(Asker asker, Call call, CancellationToken cancel)
    {
        try
        {
            if (Interlocked.Increment(ref _underWay) > MaxCalls)
                return $"node {options.NodeName} answers {MaxCalls} calls already";
            await ServeAsync(asker, call, cancel);
            return "";
        }
        catch (Exception e) when (e is not (RpcException or OperationCanceledException))
        {
            return e.Message.StartsWith("node ", StringComparison.Ordinal) ? e.Message : $"node {options.NodeName}: {e.Message}";
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    Task ServeAsync(Asker asker, Call call, CancellationToken cancel) => call.RequestCase switch
    {
        Call.RequestOneofCase.Logs => LogsAsync(asker, call.Logs, cancel),
        Call.RequestOneofCase.ImportImage => ImportAsync(asker, call.ImportImage, cancel),
        Call.RequestOneofCase.Exec => exec.ServeAsync(asker, Find(call.Exec.Namespace, call.Exec.Pod), call.Exec, cancel),
        Call.RequestOneofCase.Forward => forward.ServeAsync(asker, Find(call.Forward.Namespace, call.Forward.Pod), call.Forward, cancel),
        Call.RequestOneofCase.DiscardVolume => discard.ServeAsync(call.DiscardVolume, cancel),
        Call.RequestOneofCase.None => throw new NotSupportedException("this version does not know what is asked"),
    };

    PodRunner Find(string @namespace, string pod) => pods.Find(@namespace, pod) ?? throw new FileNotFoundException($"pod {@namespace}/{pod} is not on this node");

    async Task LogsAsync(Asker asker, LogsRequest request, CancellationToken cancel)
    {
        var runner = Find(request.Namespace, request.Pod);
        // A log that is followed ends when nobody looks on any more.
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var listening = CancelWhenAsync(asker.HungUpAsync(), gone);
        try
        {
            await foreach (var text in Gather(logs.ReadAsync(runner, request, gone.Token)))
                await asker.SendAsync(new Frame { Data = UnsafeByteOperations.UnsafeWrap(text) }, cancel);
        }
        finally
        {
            await gone.CancelAsync();
            await listening;
        }
    }

    static async Task CancelWhenAsync(Task hungUp, CancellationTokenSource gone)
    {
        await Task.WhenAny(hungUp, Task.Delay(Timeout.Infinite, gone.Token));
        await gone.CancelAsync();
    }

    static async IAsyncEnumerable<ReadOnlyMemory<byte>> Gather(IAsyncEnumerable<ReadOnlyMemory<byte>> pieces)
    {
        using MemoryStream gathered = new();
        var next = pieces.GetAsyncEnumerator();
        try
        {
            var more = next.MoveNextAsync();
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

    async Task ImportAsync(Asker asker, ImportImageStart start, CancellationToken cancel)
    {
        var archive = images.NewIncoming();
        try
        {
            await using (FileStream file = new(archive, FileMode.CreateNew, FileAccess.Write))
            {
                await foreach (var data in asker.ReceiveAsync(cancel))
                {
                    if (file.Length > options.ImageLimits.LayerBytes)
                        throw new ImageException(ImageFault.Invalid, $"the archive is longer than {options.ImageLimits.LayerBytes} bytes");
                    await file.WriteAsync(data, cancel);
                }
            }

            foreach (var (name, digest) in await images.ImportAsync(archive, start.Name.Length > 0 ? start.Name : null, cancel))
            {
                pods.ImageArrived(name);
                ImportedImage image = new() { Node = options.NodeName, Name = name, Digest = digest };
                await asker.SendAsync(new Frame { Data = image.ToByteString() }, cancel);
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
