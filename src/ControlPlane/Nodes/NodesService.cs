using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Api;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Network;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Evictions;

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

    public override Task<DrainReply> Drain(DrainRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var node = context.Caller().Name;
        var (operations, left) = NodeDrain.Decide(await store.ReadAsync(context.CancellationToken), node, clock.GetUtcNow());
        if (operations.Count > 0 && await store.WriteAsync(new Command(Guid.NewGuid().ToString("N"), clock.GetUtcNow(), $"node/{node}") { Operations = operations }, context.CancellationToken) is not Applied and var refused)
            throw RpcErrors.Of(refused);
        return new DrainReply { Pods = { left.Select(pod => $"{pod.Namespace}/{pod.Name}") } };
    });
}
