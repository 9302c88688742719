using System.Text.Json;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// The store's part of the Peer service: what other servers ask of the leader. Not sealed, because a gRPC service is
/// one class, and the routing of node calls adds its own method.
/// </summary>
public class PeerService(ClusterStore store) : Peer.PeerBase
{
    /// <inheritdoc/>
    public override async Task<ProposeReply> Propose(ProposeRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var command = request.Command.ToByteArray();
        try
        {
            ModelJson.Decode<Command>(command); // what can't be read never enters the log
            var proposed = await store.ProposeHereAsync(command, context.CancellationToken);
            return new ProposeReply
            {
                Result = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode(proposed.Result)),
                Index = proposed.Index,
            };
        }
        catch (JsonException unreadable)
        {
            throw new RpcException(new Status(StatusCode.InvalidArgument, unreadable.Message));
        }
        catch (StoreUnavailableException unavailable)
        {
            throw new RpcException(StatusOf(unavailable));
        }
    }

    /// <inheritdoc/>
    public override async Task<ReadIndexReply> ReadIndex(ReadIndexRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            return new ReadIndexReply { Index = await store.ReadIndexHereAsync(context.CancellationToken) };
        }
        catch (StoreUnavailableException unavailable)
        {
            throw new RpcException(StatusOf(unavailable));
        }
    }

    static Status StatusOf(StoreUnavailableException unavailable) => unavailable switch
    {
        NotLeaderException => new Status(StatusCode.FailedPrecondition, unavailable.Message),
        StoreBusyException => new Status(StatusCode.ResourceExhausted, unavailable.Message),
        _ => new Status(StatusCode.Unavailable, unavailable.Message),
    };
}
