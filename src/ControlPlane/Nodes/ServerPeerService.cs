using System.Threading.Channels;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>What servers ask of each other: the store's part, and calls to the nodes whose sessions are held here.</summary>
sealed class ServerPeerService(ClusterStore store, NodeCalls calls, HeardMetrics metrics, Followers followers) : PeerService(store)
{
    public override async Task<AppliedReply> Applied(AppliedRequest request, ServerCallContext context)
    {
        AppliedReply reply = new();
        reply.Nodes.AddRange(await followers.AppliedAsync(request.Revision, context.CancellationToken));
        return reply;
    }

    public override Task<MetricsReply> Metrics(MetricsRequest request, ServerCallContext context) => Task.FromResult(metrics.Reply());

    public override async Task CallNode(IAsyncStreamReader<NodeCallRequest> requestStream, IServerStreamWriter<Frame> responseStream, ServerCallContext context)
    {
        var token = context.CancellationToken;
        if (!await requestStream.MoveNext(token) || requestStream.Current.Start is not { } start)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message of a call names the node"));
        await using var call = await calls.StartHereAsync(start.Node, start.Call, token);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token);
        var sending = SendAsync();
        try
        {
            await foreach (var data in call.ReadAsync(token)) await responseStream.WriteAsync(new Frame { Data = data }, token);
            await responseStream.WriteAsync(new Frame { Finish = new Finish() }, token);
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.FailedPrecondition)
        {
            await responseStream.WriteAsync(new Frame { Finish = new Finish { Error = refused.Status.Detail } }, token);
        }

        await over.CancelAsync();
        await sending;

        async Task SendAsync()
        {
            try
            {
                while (await requestStream.MoveNext(over.Token))
                {
                    var frame = requestStream.Current.Frame;
                    if (frame.PartCase == Frame.PartOneofCase.Finish) await call.FinishAsync(over.Token);
                    else await call.WriteAsync(frame.Data, over.Token);
                }
            }
            catch (Exception ended) when (ended is OperationCanceledException or RpcException or IOException or ChannelClosedException)
            {
                // The answer's direction tells how the call ended.
            }
        }
    }
}
