using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Contracts.Security;
using Orchestrator.ControlPlane.Metrics;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.ControlPlane.Security;
using Orchestrator.ControlPlane.Servers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.State;
using Orchestrator.Model.Values;

namespace Orchestrator.ControlPlane.Api;

/// <summary>The API for users and their tools. Each verb has a file of its own.</summary>
sealed partial class ClusterService(ClusterStore store, NodeCalls calls, ClusterMetrics metrics, ControlPlaneOptions options, TimeProvider clock) : Cluster.ClusterBase
{
    public override Task<ResourceMessage> Get(GetRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var key = KeyOf(request.Kind, request.Namespace, request.Name);
        var state = await StateAsync(request.At, request.Consistency, context.CancellationToken);
        return state.Find(key)?.ToMessage() ?? throw (request.At is null ? RpcErrors.NotFound(key) : RpcErrors.NotFoundAt(key, state.Revision));
    });

    public override Task<DeleteReply> Delete(DeleteRequest request, ServerCallContext context) => RpcErrors.Translated(async () =>
    {
        var key = KeyOf(request.Kind, request.Namespace, request.Name);
        if (key == new ResourceKey(Namespace.KindName, "", Namespace.Default)) throw RpcErrors.Invalid($"namespace {Namespace.Default} is always there and can't be deleted");
        var delete = new Delete(key, request.Uid.Length == 0 ? null : request.Uid, request.HasGracePeriodSeconds ? request.GracePeriodSeconds : null);
        var alone = IsMemberOnly(key);
        var result = await store.WriteAsync(Command(context, request.RequestId, alone ? [.. ShutOut(key)] : [delete, .. ShutOut(key)]), context.CancellationToken);
        if (result is not Applied applied) throw RpcErrors.Of(result);
        return new DeleteReply { Resource = !alone && applied.Resources.Count > 0 ? applied.Resources[0]?.ToMessage() : null };
    });

    /// <summary>A machine that runs no pods, as an ingress of its own, is no node: what is deleted of it is its place in the cluster.</summary>
    bool IsMemberOnly(ResourceKey key) =>
        key.Kind == Node.KindName && store.Current is var state && state.Find(key) is null && MemberRecord.Of(state, key.Name) is { Removed: null, Purpose: not Purpose.Server };

    /// <summary>A node that is deleted does not come back by itself: its agent's certificate is worth nothing from now on. A server's is taken with the server.</summary>
    IEnumerable<Operation> ShutOut(ResourceKey key) =>
        key.Kind == Node.KindName && store.Current is var state && ServerInfo.All(state).All(server => server.Name != key.Name)
            ? MemberRecord.Removal(state, key.Name, clock.GetUtcNow(), options.CertificateLife)
            : [];

    public override Task<VersionReply> Version(VersionRequest request, ServerCallContext context) => Task.FromResult(new VersionReply
    {
        Version = options.Version,
        Server = options.ServerName,
        Leader = store.Leader is null ? "" : store.Current.Leader ?? "",
        Revision = store.Current.Revision,
    });

    public override Task<MetricsReply> Metrics(MetricsRequest request, ServerCallContext context) => metrics.GatherAsync(context.CancellationToken);

    Command Command(ServerCallContext context, string requestId, IReadOnlyList<Operation> operations) =>
        new(requestId.Length == 0 ? Guid.NewGuid().ToString("N") : requestId, clock.GetUtcNow(), context.Caller().Name) { Operations = operations };

    static ResourceKey KeyOf(string kindName, string @namespace, string name)
    {
        var kind = KindOf(kindName);
        if (name.Length == 0) throw RpcErrors.Invalid($"the name of the {kind.Singular} is missing");
        return new ResourceKey(kind.Name, kind.Namespaced ? @namespace.Length == 0 ? Namespace.Default : @namespace : "", name);
    }

    static Kind KindOf(string name)
    {
        var kind = Kinds.Named(name);
        if (kind is null || kind.Name == Record.KindName) throw RpcErrors.Invalid($"there is no kind {name}");
        return kind;
    }

    /// <summary>What a list or a watch asks for.</summary>
    sealed record Filter(Kind Kind, string Namespace, LabelSelector Selector)
    {
        public static Filter Of(string kind, string @namespace, string selector)
        {
            if (!LabelSelectorText.TryParse(selector, out var parsed, out var problem)) throw RpcErrors.Invalid(problem ?? "");
            return new Filter(KindOf(kind), @namespace, parsed);
        }

        public bool Takes(Resource resource) =>
            resource.Kind == Kind.Name
            && (Namespace.Length == 0 || !Kind.Namespaced || resource.Namespace == Namespace)
            && Selector.Matches(resource.Metadata.Labels);

        /// <param name="after">Only what is sorted after this one.</param>
        public IEnumerable<Resource> From(ClusterState state, ResourceKey? after = null) =>
            state.All<Resource>(Kind.Name).Where(resource => (after is not { } last || resource.Key > last) && Takes(resource));
    }
}
