using System.Net;
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
    /// <summary>Far below what gRPC takes in one message, far above what a message costs.</summary>
    const int SnapshotPartBytes = 256 * 1024;

    /// <inheritdoc/>
    public override async Task<ProposeReply> Propose(ProposeRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        var command = request.Command.ToByteArray();
        try
        {
            var read = ModelJson.Decode<Command>(command); // what can't be read never enters the log
            var proposed = await store.ProposeHereAsync(new Proposal(read, command), context.CancellationToken);
            Failpoints.Reach(Failpoint.ForwardAnswering);
            var result = request.WithoutResources && proposed.Result is Applied applied ? applied with { Resources = [] } : proposed.Result;
            return new ProposeReply
            {
                Result = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode(result)),
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

    /// <inheritdoc/>
    public override async Task<ChangeMembersReply> ChangeMembers(ChangeMembersRequest request, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(context);
        if (!IPEndPoint.TryParse(request.Add.Length > 0 ? request.Add : request.Remove, out var member))
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the member is no address:port"));
        try
        {
            await store.ChangeMembersHereAsync(member, add: request.Add.Length > 0, context.CancellationToken);
            return new ChangeMembersReply();
        }
        catch (MembershipException refused)
        {
            throw new RpcException(new Status(StatusCode.Aborted, refused.Message));
        }
        catch (StoreUnavailableException unavailable)
        {
            throw new RpcException(StatusOf(unavailable));
        }
    }

    /// <inheritdoc/>
    public override async Task FetchSnapshot(FetchSnapshotRequest request, IServerStreamWriter<SnapshotPart> responseStream, ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(responseStream);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(request);
        SnapshotOnDisk? found;
        try
        {
            found = await store.SnapshotAsync(request.MinIndex, context.CancellationToken);
        }
        catch (StoreUnavailableException unavailable)
        {
            throw new RpcException(StatusOf(unavailable));
        }

        if (found is not { } snapshot) return;
        await using var content = snapshot.Content;
        var buffer = new byte[SnapshotPartBytes];
        var index = snapshot.Index;
        int read;
        while ((read = await content.ReadAsync(buffer, context.CancellationToken)) > 0)
        {
            await responseStream.WriteAsync(new SnapshotPart { Index = index, Data = ByteString.CopyFrom(buffer, 0, read) }, context.CancellationToken);
            index = 0;
        }
    }

    static Status StatusOf(StoreUnavailableException unavailable) => unavailable switch
    {
        NotLeaderException => new Status(StatusCode.FailedPrecondition, unavailable.Message),
        DiskFullException => new Status(StatusCode.Aborted, unavailable.Message),
        StoreBusyException => new Status(StatusCode.ResourceExhausted, unavailable.Message),
        _ => new Status(StatusCode.Unavailable, unavailable.Message),
    };
}
