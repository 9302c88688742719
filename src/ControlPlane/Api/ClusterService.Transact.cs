using Google.Protobuf.Collections;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Manifests;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.ControlPlane.Api;

/// <summary>Transact: compare revisions, then put and delete many objects, as one command.</summary>
sealed partial class ClusterService
{
    /// <summary>More is a migration, to be done in parts; etcd's default is 128.</summary>
    const int MaxOperations = 10_000;

    public override Task<TransactReply> Transact(TransactRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        if (request.Operations.Count + request.Compare.Count > MaxOperations)
            throw RpcErrors.Invalid($"the transaction has {request.Operations.Count + request.Compare.Count} operations and comparisons; at most {MaxOperations} are allowed");
        var compare = request.Compare.Select(each => new Expect(KeyOf(each.Kind, each.Namespace, each.Name), each.Revision)).ToList();
        var objects = Read(request.Operations);
        for (var attempt = 1; ; attempt++)
        {
            var state = await store.ReadAsync(context.CancellationToken);
            var operations = Decide(state, request.Operations, objects);
            var id = attempt == 1 || request.RequestId.Length == 0 ? request.RequestId : $"{request.RequestId}/{attempt}";
            var result = await store.WriteAsync(Command(context, id, [.. compare, .. operations]), context.CancellationToken);
            if (result is Applied applied) return Reply(request, applied);

            // Only what was decided here is decided anew: what the client compares is the client's.
            var raced = result is AlreadyExists or NotFound || (result is Conflict conflict && compare.All(each => each.Key != conflict.Key || each.Revision == conflict.Current));
            if (!raced || attempt == MaxTries) throw RpcErrors.Of(result);
        }
    });

    static Dictionary<int, Resource> Read(RepeatedField<TransactOperation> operations)
    {
        var problems = new List<ProblemMessage>();
        var objects = new Dictionary<int, Resource>();
        var named = new HashSet<ResourceKey>();
        for (var i = 0; i < operations.Count; i++)
        {
            switch (operations[i].OperationCase)
            {
                case TransactOperation.OperationOneofCase.Put:
                    var set = ManifestReader.ReadJson("request", operations[i].Put.Memory);
                    problems.AddRange(set.Problems.Select(problem => Problem(i, problem.Path, problem.Message)));
                    if (set.Objects.Count > 0) objects[i] = set.Objects[0].Resource;
                    break;
                case TransactOperation.OperationOneofCase.Delete:
                    break;
                case TransactOperation.OperationOneofCase.None:
                    problems.Add(Problem(i, "", "is neither a put nor a delete"));
                    break;
            }

            var key = objects.TryGetValue(i, out var read) ? read.Key
                : operations[i].Delete is { } gone ? KeyOf(gone.Kind, gone.Namespace, gone.Name) : (ResourceKey?)null;
            if (key is { } once && !named.Add(once)) problems.Add(Problem(i, "metadata.name", $"{once} is in the transaction twice"));
        }

        return problems.Count == 0 ? objects : throw RpcErrors.Invalid(problems);

        static ProblemMessage Problem(int index, string path, string message) => new() { Index = index, Path = path, Message = message };
    }

    static List<Operation> Decide(ClusterState state, RepeatedField<TransactOperation> operations, Dictionary<int, Resource> objects)
    {
        var problems = new List<ProblemMessage>();
        var decided = new List<Operation>();
        var supposed = state;
        for (var i = 0; i < operations.Count; i++)
        {
            if (!objects.TryGetValue(i, out var wanted))
            {
                var gone = operations[i].Delete;
                decided.Add(new Delete(KeyOf(gone.Kind, gone.Namespace, gone.Name)));
                continue;
            }

            var home = wanted.Namespace;
            if (home.Length > 0 && state.Find<Namespace>(Namespace.KindName, "", home) is null && !objects.Values.Any(each => each is Namespace && each.Name == home))
                problems.Add(new ProblemMessage { Index = i, Path = "metadata.namespace", Message = $"there is no namespace {home}; create it first, or in the same transaction" });
            if (state.Find(wanted.Key) is not { } live)
            {
                var (created, broken) = Admission.Limited(wanted, Admission.LimitsOf(state, objects.Values, home));
                (created, supposed, var refused) = Admission.Numbered(supposed, created);
                problems.AddRange(broken.Concat(refused).Select(problem => new ProblemMessage { Index = i, Path = problem.Path, Message = problem.Message }));
                decided.Add(new Create(created with { Metadata = created.Metadata with { Uid = Guid.NewGuid().ToString(), ResourceVersion = null } }));
                continue;
            }

            (var changed, supposed, var taken) = Admission.Numbered(supposed, wanted with { Metadata = wanted.Metadata with { Uid = live.Metadata.Uid, ResourceVersion = live.Metadata.ResourceVersion } });
            problems.AddRange(Manifests.Merging.Apply.Fixed(changed, live).Concat(taken).Select(problem => new ProblemMessage { Index = i, Path = problem.Path, Message = problem.Message }));
            decided.Add(new Update(changed));
        }

        return problems.Count == 0 ? decided : throw RpcErrors.Invalid(problems);
    }

    static TransactReply Reply(TransactRequest request, Applied applied)
    {
        var reply = new TransactReply { Revision = applied.Revision };
        for (var i = 0; i < applied.Resources.Count && i < request.Operations.Count; i++)
        {
            reply.Resources.Add(applied.Resources[i]?.ToMessage()
                ?? new ResourceMessage { Kind = request.Operations[i].Delete?.Kind ?? "", Namespace = request.Operations[i].Delete?.Namespace ?? "", Name = request.Operations[i].Delete?.Name ?? "" });
        }

        return reply;
    }
}
