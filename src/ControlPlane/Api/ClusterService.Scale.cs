using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Scale: one number of an object, whatever else somebody changes in it at the same time.</summary>
sealed partial class ClusterService
{
    public override Task<ScaleReply> Scale(ScaleRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var key = KeyOf(request.Kind, request.Namespace, request.Name);
        if (request.Replicas < 0) throw RpcErrors.Invalid("the number of replicas must not be negative");
        for (var attempt = 1; ; attempt++)
        {
            var state = await store.ReadAsync(context.CancellationToken);
            var live = state.Find(key) ?? throw RpcErrors.NotFound(key);
            var scale = Model.Workloads.Scale.Of(live) ?? throw RpcErrors.Invalid($"a {live.Kind.ToLowerInvariant()} has no replicas; scale a deployment, a statefulset or a replicaset");
            var (present, scaled) = (scale.Replicas, scale.To(request.Replicas));
            if (request.HasCurrentReplicas && request.CurrentReplicas != present)
                throw new RpcException(new Status(StatusCode.FailedPrecondition, $"{key} keeps {present} replicas, not {request.CurrentReplicas}"));
            if (present == request.Replicas) return new ScaleReply { Resource = live.ToMessage() };

            // A retry after a conflict is another request: the first one was answered with the conflict.
            var id = attempt == 1 || request.RequestId.Length == 0 ? request.RequestId : $"{request.RequestId}/{attempt}";
            var result = await store.WriteAsync(Command(context, id, [new Update(scaled)]), context.CancellationToken);
            if (result is Applied applied) return new ScaleReply { Resource = (applied.Resources is [{ } stored, ..] ? stored : scaled).ToMessage() };
            if (result is not Conflict || attempt == MaxTries) throw RpcErrors.Of(result);
        }
    });
}
