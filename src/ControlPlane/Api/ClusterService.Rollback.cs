using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Rollback: the objects of a namespace, or one, as they were; one command, so that nothing is half applied.</summary>
sealed partial class ClusterService
{
    public override Task<RollbackReply> Rollback(RollbackRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        if (request.To is null) throw RpcErrors.Invalid("the moment to go back to is missing");
        if (request.Namespace.Length == 0 && request.Name.Length == 0) throw RpcErrors.Invalid("name a namespace or an object to roll back");
        var scope = Scope.Of(request.Kind, request.Name.Length > 0 && request.Namespace.Length == 0 ? Namespace.Default : request.Namespace, request.Name, derived: false);
        for (var attempt = 1; ; attempt++)
        {
            var now = await store.ReadAsync(context.CancellationToken);
            var then = store.StateAt(PointOf(request.To));
            RefuseDerived(scope, now, then);
            var decision = Api.Rollback.Decide(then, now, scope.Takes, static () => Guid.NewGuid().ToString());
            var reply = new RollbackReply { ToRevision = then.Revision, Revision = now.Revision };
            reply.Objects.AddRange(decision.Steps.Select(Message));
            if (request.DryRun || decision.Operations.Count == 0) return reply;

            // A retry after a conflict is another request: the first one was answered with the conflict.
            var id = attempt == 1 || request.RequestId.Length == 0 ? request.RequestId : $"{request.RequestId}/{attempt}";
            var result = await store.WriteAsync(Command(context, id, decision.Operations), context.CancellationToken);
            if (result is Applied applied)
            {
                reply.Revision = applied.Revision;
                return reply;
            }

            if (result is not (Conflict or AlreadyExists or NotFound) || attempt == MaxTries) throw RpcErrors.Of(result);
        }
    });

    /// <summary>Says why a named object is not rolled back, instead of finding nothing to do.</summary>
    static void RefuseDerived(Scope scope, ClusterState now, ClusterState then)
    {
        if (scope.Name.Length == 0) return;
        var key = new ResourceKey(scope.Kind!.Name, scope.Namespace, scope.Name); // a name goes with a kind
        var found = now.Find(key) ?? then.Find(key) ?? throw RpcErrors.NotFound(key);
        if (Api.Rollback.IsUserWritten(found)) return;
        throw RpcErrors.Invalid(found.Metadata.Controller() is { } owner
            ? $"{key} belongs to {owner.Kind.ToLowerInvariant()}/{owner.Name}; roll that back"
            : $"a {scope.Kind.Singular} is written by the cluster and not rolled back");
    }

    static RolledBackObject Message(Rollback.Step step) => new()
    {
        Action = step.Action switch
        {
            Api.Rollback.Action.Configured => RolledBackObject.Types.Action.Configured,
            Api.Rollback.Action.Created => RolledBackObject.Types.Action.Created,
            Api.Rollback.Action.Deleted => RolledBackObject.Types.Action.Deleted,
            Api.Rollback.Action.Left => RolledBackObject.Types.Action.Left,
        },
        Before = step.Before?.ToMessage(),
        After = step.After?.ToMessage(),
        Warning = step.Because,
    };
}
