using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Tests;

/// <summary>
/// A server that speaks the cluster's API and holds a few objects. It decides nothing: an object named "refused" is refused, a deletion of a pod takes
/// until somebody watches it, and a watch ends after what there is to tell.
/// </summary>
sealed class FakeCluster : Cluster.ClusterBase, IAsyncDisposable
{
    readonly Lock _lock = new();
    readonly List<Resource> _objects;
    readonly HashSet<ResourceKey> _going = [];
    WebApplication? _app;

    FakeCluster(IEnumerable<Resource> objects) => _objects = [.. objects];

    /// <summary>host:port</summary>
    public string Address => new Uri(_app!.Urls.First()).Authority; // it is started before anybody has it

    public static async Task<FakeCluster> StartAsync(IEnumerable<Resource> objects)
    {
        var cluster = new FakeCluster(objects);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(cluster);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        cluster._app = builder.Build();
        cluster._app.MapGrpcService<FakeCluster>();
        await cluster._app.StartAsync();
        return cluster;
    }

    public override Task<ApplyReply> Apply(ApplyRequest request, ServerCallContext context)
    {
        var (reply, problems) = (new ApplyReply(), new ProblemList());
        for (var i = 0; i < request.Objects.Count; i++)
        {
            var json = JsonNode.Parse(request.Objects[i].Span)!.AsObject(); // orch sends objects
            var name = (string)json["metadata"]!["name"]!; // that it has checked
            if (name == "refused") problems.Problems.Add(new ProblemMessage { Index = i, Path = "spec.ports[0].port", Message = "is taken by another service" });
            var action = name == "same" ? AppliedObject.Types.Action.Unchanged : name == "changed" ? AppliedObject.Types.Action.Configured : AppliedObject.Types.Action.Created;
            reply.Objects.Add(new AppliedObject { Action = action, Resource = new ResourceMessage { Kind = (string)json["kind"]!, Name = name } }); // as above
        }

        return problems.Problems.Count == 0
            ? Task.FromResult(reply)
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "refused"), new Metadata { { "problems-bin", problems.ToByteArray() } });
    }

    public override Task<TransactReply> Transact(TransactRequest request, ServerCallContext context)
    {
        var wanted = request.Compare.Single();
        var stored = Matching(wanted.Kind, wanted.Namespace, "").Find(each => each.Name == wanted.Name);
        if (stored is not null && wanted.Revision == 0)
            throw new RpcException(new Status(StatusCode.Aborted, $"{new ResourceKey(wanted.Kind, wanted.Namespace, wanted.Name)} was not changed: there is one already, of revision 7"));
        var put = ModelJson.DecodeResource(request.Operations.Single().Put.Span);
        lock (_lock)
        {
            _objects.Add(stored is null ? put : put.WithStatusOf(stored));
            if (stored is not null) _objects.Remove(stored);
        }

        return Task.FromResult(new TransactReply());
    }

    /// <summary>The first node tells of its pods; of the others nothing was heard.</summary>
    public override Task<MetricsReply> Metrics(MetricsRequest request, ServerCallContext context)
    {
        var pods = Matching(Pod.KindName, "", "").Cast<Pod>().Where(pod => pod.Spec.NodeName == "n1").ToList();
        var node = new NodeMetrics { Node = "n1", CpuMillicores = 250, MemoryBytes = 1L << 30, WindowSeconds = 5 };
        node.Pods.AddRange(pods.Select((pod, i) =>
        {
            var metrics = new PodMetrics { Namespace = pod.Namespace, Name = pod.Name, Uid = pod.Metadata.Uid ?? "" };
            metrics.Containers.AddRange(pod.Spec.Containers.Select((container, j) => new ContainerMetrics { Name = container.Name, CpuMillicores = 10 * (i + j + 1), MemoryBytes = (long)(30 - i) << 20 }));
            return metrics;
        }));
        var reply = new MetricsReply();
        reply.Nodes.Add(node);
        return Task.FromResult(reply);
    }

    public override Task<ResourceMessage> Get(GetRequest request, ServerCallContext context) => Task.FromResult(Find(request.Kind, request.Namespace, request.Name).ToMessage());

    public override Task<ListReply> List(ListRequest request, ServerCallContext context)
    {
        var reply = new ListReply();
        reply.Resources.AddRange(Matching(request.Kind, request.Namespace, request.Selector).Select(each => each.ToMessage()));
        return Task.FromResult(reply);
    }

    public override Task<DeleteReply> Delete(DeleteRequest request, ServerCallContext context)
    {
        var found = Find(request.Kind, request.Namespace, request.Name);
        lock (_lock)
        {
            if (found is Pod && !(request.HasGracePeriodSeconds && request.GracePeriodSeconds == 0))
            {
                _going.Add(found.Key);
                return Task.FromResult(new DeleteReply { Resource = found.ToMessage() });
            }

            _objects.Remove(found);
            return Task.FromResult(new DeleteReply());
        }
    }

    public override Task<ScaleReply> Scale(ScaleRequest request, ServerCallContext context)
    {
        var found = (Deployment)Find(request.Kind, request.Namespace, request.Name);
        lock (_lock)
        {
            _objects.Remove(found);
            _objects.Add(found with { Spec = found.Spec with { Replicas = request.Replicas } });
        }

        return Task.FromResult(new ScaleReply());
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchReply> responseStream, ServerCallContext context)
    {
        var found = Matching(request.Kind, request.Namespace, request.Selector);
        foreach (var each in found) await responseStream.WriteAsync(new WatchReply { Type = WatchReply.Types.Type.Added, Resource = each.ToMessage() });
        await responseStream.WriteAsync(new WatchReply { Type = WatchReply.Types.Type.Bookmark });
        foreach (var each in found)
        {
            if (each is Deployment deployment)
            {
                var (wanted, status) = (deployment.Spec.Replicas ?? 1, deployment.Status);
                status = status with { Replicas = wanted, UpdatedReplicas = wanted, ReadyReplicas = wanted, AvailableReplicas = wanted, UnavailableReplicas = 0 };
                await responseStream.WriteAsync(new WatchReply { Type = WatchReply.Types.Type.Modified, Resource = (deployment with { Status = status }).ToMessage() });
            }

            lock (_lock)
            {
                if (!_going.Remove(each.Key)) continue;
                _objects.Remove(each);
            }

            await responseStream.WriteAsync(new WatchReply { Type = WatchReply.Types.Type.Deleted, Resource = each.ToMessage() });
        }
    }

    public override async Task Logs(LogsRequest request, IServerStreamWriter<LogsReply> responseStream, ServerCallContext context)
    {
        Find(Pod.KindName, request.Namespace, request.Pod);
        var asked = new StringBuilder($"log of {request.Pod}, container \"{request.Container}\"");
        if (request.Follow) asked.Append(", followed");
        if (request.Previous) asked.Append(", of the run before");
        if (request.Timestamps) asked.Append(", with times");
        if (request.HasTailLines) asked.Append($", last {request.TailLines} lines");
        if (request.HasSinceSeconds) asked.Append($", not older than {request.SinceSeconds} s");
        await responseStream.WriteAsync(new LogsReply { Text = ByteString.CopyFromUtf8(asked + "\n") });
    }

    public override Task<VersionReply> Version(VersionRequest request, ServerCallContext context) =>
        Task.FromResult(new VersionReply { Version = "0.1.0", Server = "s1", Leader = "s2", Revision = 42 });

    public async ValueTask DisposeAsync()
    {
        if (_app is not null) await _app.DisposeAsync();
    }

    Resource Find(string kind, string @namespace, string name)
    {
        var found = Matching(kind, @namespace, "").FirstOrDefault(each => each.Name == name);
        return found ?? throw new RpcException(new Status(StatusCode.NotFound, $"{new ResourceKey(kind, Kinds.Find(kind)!.Namespaced ? @namespace : "", name)} not found")); // orch asks for known kinds only
    }

    List<Resource> Matching(string kind, string @namespace, string selector)
    {
        if (!LabelSelectorText.TryParse(selector, out var wanted, out var problem)) throw new RpcException(new Status(StatusCode.InvalidArgument, problem ?? ""));
        lock (_lock)
            return [.. _objects.Where(each => each.Kind == kind && (@namespace.Length == 0 || each.Namespace.Length == 0 || each.Namespace == @namespace) && wanted.Matches(each.Metadata.Labels))];
    }
}
