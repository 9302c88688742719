using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.ControlPlane.Api;

/// <summary>The verbs with bytes both ways, between a user and a pod.</summary>
sealed partial class ClusterService
{
    /// <summary>How long an asker may take to end its side of a connection that a pod has ended.</summary>
    static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);

    public override async Task Exec(IAsyncStreamReader<ExecRequest> requestStream, IServerStreamWriter<ExecReply> responseStream, ServerCallContext context)
    {
        var token = context.CancellationToken;
        await context.WriteResponseHeadersAsync([]);
        if (!await requestStream.MoveNext(token) || requestStream.Current.Start is not { } start)
            throw RpcErrors.Invalid("the first message names the pod and the command");
        if (start.Command.Count == 0) throw RpcErrors.Invalid("no command is named");
        var (pod, node) = await PlacedAsync(start.Namespace, start.Pod, "no command can run in it", token);
        start.Namespace = pod.Namespace;
        start.Container = ContainerOf(pod, start.Container);
        await using var call = await calls.StartAsync(node, new Call { Exec = start }, token);
        await CarryAsync(call, requestStream, request => request.ToByteString(), data => responseStream.WriteAsync(ExecReply.Parser.ParseFrom(data), token), token);
    }

    public override async Task Forward(IAsyncStreamReader<ForwardRequest> requestStream, IServerStreamWriter<ForwardReply> responseStream, ServerCallContext context)
    {
        var token = context.CancellationToken;
        await context.WriteResponseHeadersAsync([]);
        if (!await requestStream.MoveNext(token) || requestStream.Current.Start is not { } start)
            throw RpcErrors.Invalid("the first message names the pod and the port");
        var (pod, node) = await PlacedAsync(start.Namespace, start.Pod, "nothing listens in it", token);
        start.Namespace = pod.Namespace;
        await using var call = await calls.StartAsync(node, new Call { Forward = start }, token);
        await CarryAsync(call, requestStream, request => request.Data, data => responseStream.WriteAsync(new ForwardReply { Data = data }, token), token,
            goodbye: () => responseStream.WriteAsync(new ForwardReply { Over = true }, token));
    }

    /// <summary>Both ways until the node ends the call; the user's end of input is passed on, and the answer goes on after it.</summary>
    /// <param name="goodbye">
    /// Tells the user that the node has ended the call. A request that is still open when its answer is over is listened to for some seconds more, and two hundred of them on a
    /// connection count as a flood.
    /// </param>
    static async Task CarryAsync<T>(
        NodeCall call, IAsyncStreamReader<T> from, Func<T, ByteString> frame, Func<ByteString, Task> answer, CancellationToken token, Func<Task>? goodbye = null)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var asking = AskAsync();
        try
        {
            await foreach (var data in call.ReadAsync(token)) await answer(data);
            if (goodbye is not null)
            {
                await goodbye();
                await asking.WaitAsync(Goodbye, token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // one that stays is ended below
            }
        }
        finally
        {
            await over.CancelAsync();
            await asking;
        }

        async Task AskAsync()
        {
            try
            {
                while (await from.MoveNext(over.Token)) await call.WriteAsync(frame(from.Current), over.Token);
                await call.FinishAsync(over.Token);
            }
            catch (Exception ended) when (ended is OperationCanceledException or RpcException or IOException)
            {
                // The answer's direction tells how the call ended.
            }
        }
    }

    /// <exception cref="RpcException">There is no such pod, or it is on no node.</exception>
    async Task<(Pod Pod, string Node)> PlacedAsync(string @namespace, string name, string consequence, CancellationToken token)
    {
        var key = KeyOf(Pod.KindName, @namespace, name);
        var state = await RpcErrors.Translated(() => store.ReadAsync(token));
        var pod = state.Find(key) as Pod ?? throw RpcErrors.NotFound(key);
        return (pod, pod.Spec.NodeName ?? throw new RpcException(new Status(StatusCode.FailedPrecondition, $"{key} is not placed on a node yet: {consequence}")));
    }

    /// <exception cref="RpcException">The pod has no such container, or several and none was named.</exception>
    static string ContainerOf(Pod pod, string asked)
    {
        var containers = pod.Spec.InitContainers.Concat(pod.Spec.Containers).Select(container => container.Name).ToList();
        if (asked.Length == 0 && pod.Spec.Containers.Count > 1)
            throw RpcErrors.Invalid($"{pod.Key} has several containers; choose one of {string.Join(", ", containers)}");
        if (asked.Length > 0 && !containers.Contains(asked))
            throw RpcErrors.Invalid($"{pod.Key} has no container {asked}; it has {string.Join(", ", containers)}");
        return asked.Length > 0 ? asked : pod.Spec.Containers[0].Name;
    }
}
