using System.IO.Hashing;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Scheduling;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Answers what would happen and why, from a snapshot.</summary>
sealed class PlannerService(ClusterStore store, TimeProvider clock) : Planner.PlannerBase
{
    /// <summary>So many pods move in one rebalancing when nobody says how many.</summary>
    const int UsualMoves = 20;

    public override Task<WhyReply> Why(WhyRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var state = await store.ReadAsync(context.CancellationToken);
        var key = new ResourceKey(Pod.KindName, request.Namespace.Length == 0 ? Namespace.Default : request.Namespace, request.Pod);
        if (state.Find(key) is not Pod pod) throw RpcErrors.NotFound(key);
        var explanation = Scheduler.Explaining.Why.Explain(state, pod);
        var reply = new WhyReply { Summary = explanation.Summary, Node = explanation.Node ?? "" };
        reply.Refusals.AddRange(explanation.Refusals.Select(each => new NodeRefusal { Node = each.Node, Rule = each.Filter, Detail = each.Detail }));
        reply.Remedies.AddRange(explanation.Remedies.Select(each => new RemedyMessage { Change = each.Change, Node = each.Node }));
        return reply;
    });

    public override Task<PlanReply> Plan(PlanRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var state = await store.ReadAsync(context.CancellationToken);
        var objects = request.SuppositionCase == PlanRequest.SuppositionOneofCase.Objects ? Objects(request.Objects.Objects) : [];
        var change = request.SuppositionCase switch
        {
            PlanRequest.SuppositionOneofCase.Objects => Admitted(state, objects).Operations,
            PlanRequest.SuppositionOneofCase.Drain => Suppositions.Drain(state, request.Drain) ?? throw RpcErrors.NotFound(new ResourceKey(Model.Nodes.Node.KindName, "", request.Drain)),
            PlanRequest.SuppositionOneofCase.Lose => Suppositions.Lose(state, Selector(request.Lose), clock.GetUtcNow()) ?? throw RpcErrors.Invalid($"no node has {request.Lose}"),
            PlanRequest.SuppositionOneofCase.Add => Suppositions.Add(request.Add) ?? throw RpcErrors.Invalid($"{request.Add} names no nodes; write how many, their cores and their GiB, such as 2x4c8g"),
            PlanRequest.SuppositionOneofCase.None => throw RpcErrors.Invalid("say what is to be planned: objects, drain, lose or add"),
        };
        var foresight = Foresight.Of(state, change, clock.GetUtcNow());
        var reply = new PlanReply { Id = PlanId(state, objects) };
        foreach (var resource in change.Select(Resource).OfType<Resource>()) reply.Changes.AddRange(Difference.OfFields(state.Find(resource.Key), resource));
        reply.Pods.AddRange(Difference.OfPods(state, foresight));
        return reply;
    });

    public override Task<ApplyReply> ApplyPlan(ApplyPlanRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var objects = Objects(request.Objects);
        var state = await store.ReadAsync(context.CancellationToken);
        if (PlanId(state, objects) != request.Id)
            throw new RpcException(new Status(StatusCode.FailedPrecondition, $"the cluster has moved since plan {request.Id} was made; plan again"));
        var decision = Admitted(state, objects);
        if (decision.Operations.Count > 0)
        {
            var id = request.RequestId.Length == 0 ? Guid.NewGuid().ToString("N") : request.RequestId;
            var result = await store.WriteAsync(new Command(id, clock.GetUtcNow(), context.Caller().Name) { Operations = decision.Operations }, context.CancellationToken);
            if (result is not Applied) throw RpcErrors.Of(result);
        }

        var reply = new ApplyReply();
        reply.Objects.AddRange(decision.Steps.Select(step => new AppliedObject { Action = step.Action, Resource = step.Resource.ToMessage() }));
        return reply;
    });

    public override Task<RebalanceReply> Rebalance(RebalanceRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var state = await store.ReadAsync(context.CancellationToken);
        var moves = Scheduler.Rebalancing.Rebalance.Find(state, request.MostMoves > 0 ? request.MostMoves : UsualMoves);
        var reply = new RebalanceReply { NodesInUse = moves.NodesInUse };
        reply.Freed.AddRange(moves.Freed);
        reply.Moves.AddRange(moves.All.Select(move => new PodMove { Namespace = move.Pod.Namespace, Pod = move.Pod.Name, From = move.From, To = move.To }));
        return reply;
    });

    static List<ReadOnlyMemory<byte>> Objects(IEnumerable<Google.Protobuf.ByteString> objects) => [.. objects.Select(each => each.Memory)];

    static Admission.Decision Admitted(ClusterState state, List<ReadOnlyMemory<byte>> objects)
    {
        if (objects.Count == 0) throw RpcErrors.Invalid("the request holds no object");
        var decision = Admission.Decide(state, objects, static () => Guid.NewGuid().ToString());
        return decision.Problems.Count > 0 ? throw RpcErrors.Invalid(decision.Problems) : decision;
    }

    /// <summary>What was planned, and for which state: the newest revision and the number of all that the scheduler and the controllers look at.</summary>
    static string PlanId(ClusterState state, List<ReadOnlyMemory<byte>> objects)
    {
        var hash = new XxHash64();
        foreach (var each in objects) hash.Append(each.Span);
        var seen = state.Objects.Where(kind => kind.Key != Record.KindName).SelectMany(kind => kind.Value.Values).ToList();
        var newest = seen.Select(each => each.Metadata.Revision()).DefaultIfEmpty().Max();
        return $"{newest:x}-{seen.Count:x}-{hash.GetCurrentHashAsUInt64():x16}";
    }

    static Resource? Resource(Operation operation) => operation switch
    {
        Create create => create.Resource,
        Update update => update.Resource,
        _ => null,
    };

    static LabelSelector Selector(string text) => LabelSelectorText.TryParse(text, out var selector, out var problem) && text.Length > 0
        ? selector
        : throw RpcErrors.Invalid(problem ?? "name the nodes by a label, such as zone=a");
}
