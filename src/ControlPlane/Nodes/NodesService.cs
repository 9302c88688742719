using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>The API for node agents.</summary>
sealed class NodesService(ClusterStore store, NodeSessions sessions, NodeCalls calls, HeardMetrics metrics, NetworkFeed network, Withdrawal withdrawal, ControlPlaneOptions options, TimeProvider clock, ILoggerFactory logs)
    : Contracts.Nodes.NodesBase
{
    public override async Task Session(
        IAsyncStreamReader<AgentMessage> requestStream, IServerStreamWriter<ServerMessage> responseStream, ServerCallContext context)
    {
        var session = new AgentSession(store, sessions, calls, metrics, options, clock, logs.CreateLogger<AgentSession>());
        await session.RunAsync(context.Caller().Name, requestStream, responseStream, context.CancellationToken);
    }

    public override Task Serve(IAsyncStreamReader<Frame> requestStream, IServerStreamWriter<Frame> responseStream, ServerCallContext context) =>
        calls.ServeAsync(context.Caller().Name, requestStream, responseStream, context.CancellationToken);

    public override Task Network(IAsyncStreamReader<NetworkApplied> requestStream, IServerStreamWriter<NetworkChange> responseStream, ServerCallContext context) =>
        network.RunAsync(requestStream, responseStream, context.CancellationToken);

    public override async Task<WithdrawnReply> Withdrawn(WithdrawnRequest request, ServerCallContext context)
    {
        await withdrawal.WaitAsync(request.PodUid, context.CancellationToken);
        return new WithdrawnReply();
    }
}
