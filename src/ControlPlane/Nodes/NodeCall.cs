using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>A two-way stream of bytes between a caller and a node's agent, wherever the node's session is held.</summary>
sealed class NodeCall(ChannelWriter<Frame> toNode, ChannelReader<Frame> fromNode, Action ended) : IAsyncDisposable
{
    public ValueTask DisposeAsync()
    {
        toNode.TryComplete();
        ended();
        return ValueTask.CompletedTask;
    }

    public async Task WriteAsync(ByteString data, CancellationToken token)
    {
        try
        {
            await toNode.WriteAsync(new Frame { Data = data }, token);
        }
        catch (ChannelClosedException)
        {
            // The node has ended the call; what it said in the end comes out of ReadAsync.
        }
    }

    /// <summary>Says that nothing more will be written.</summary>
    public async Task FinishAsync(CancellationToken token)
    {
        try
        {
            await toNode.WriteAsync(new Frame { Finish = new Finish() }, token);
        }
        catch (ChannelClosedException)
        {
            // As above.
        }
    }

    /// <summary>What the node sends, until it says that all went well.</summary>
    /// <exception cref="RpcException">The node says what went wrong, or the stream to it broke.</exception>
    public async IAsyncEnumerable<ByteString> ReadAsync([EnumeratorCancellation] CancellationToken token)
    {
        await foreach (var frame in fromNode.ReadAllAsync(token))
        {
            switch (frame.PartCase)
            {
                case Frame.PartOneofCase.Data:
                    yield return frame.Data;
                    break;
                case Frame.PartOneofCase.Finish when frame.Finish.Error.Length > 0:
                    throw new RpcException(new Status(StatusCode.FailedPrecondition, frame.Finish.Error));
                case Frame.PartOneofCase.Finish:
                    yield break;
                case Frame.PartOneofCase.CallId or Frame.PartOneofCase.None:
                    break;
            }
        }

        throw new RpcException(new Status(StatusCode.Unavailable, "the stream to the node broke off"));
    }
}
