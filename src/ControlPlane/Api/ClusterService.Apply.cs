using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Apply: all objects of a request in one command, so that a mistake in one leaves all of them alone.</summary>
sealed partial class ClusterService
{
    /// <summary>How often an apply is decided anew because somebody else changed an object in between.</summary>
    const int MaxTries = 8;

    public override Task<ApplyReply> Apply(ApplyRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        if (request.Objects.Count == 0) throw RpcErrors.Invalid("the request holds no object");
        var objects = request.Objects.Select(each => each.Memory).ToList();
        for (var attempt = 1; ; attempt++)
        {
            var state = await store.ReadAsync(context.CancellationToken);
            var decision = Admission.Decide(state, objects, static () => Guid.NewGuid().ToString());
            if (decision.Problems.Count > 0) throw RpcErrors.Invalid(decision.Problems);
            if (request.DryRun || decision.Operations.Count == 0) return Reply(decision, []);

            // A retry after a conflict is another request: the first one was answered with the conflict.
            var id = attempt == 1 || request.RequestId.Length == 0 ? request.RequestId : $"{request.RequestId}/{attempt}";
            var result = await store.WriteAsync(Command(context, id, decision.Operations), context.CancellationToken);
            if (result is Applied applied) return Reply(decision, applied.Resources);
            if (result is not (Conflict or AlreadyExists or NotFound) || attempt == MaxTries) throw RpcErrors.Of(result);
        }
    });

    static ApplyReply Reply(Admission.Decision decision, IReadOnlyList<Model.Meta.Resource?> stored)
    {
        var reply = new ApplyReply();
        var written = 0;
        foreach (var step in decision.Steps)
        {
            var changed = step.Action != AppliedObject.Types.Action.Unchanged;
            var resource = changed && written < stored.Count ? stored[written++] ?? step.Resource : step.Resource;
            var applied = new AppliedObject { Action = step.Action, Resource = resource.ToMessage() };
            applied.Warnings.AddRange(step.Warnings);
            reply.Objects.Add(applied);
        }

        return reply;
    }
}
