using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Nodes;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Nodes;

namespace Orchestrator.ControlPlane.Api;

/// <summary>The verbs that are answered by a node's agent: the servers only carry the bytes.</summary>
sealed partial class ClusterService
{
    public override async Task Logs(LogsRequest request, IServerStreamWriter<LogsReply> responseStream, ServerCallContext context)
    {
        var (pod, node) = await PlacedAsync(request.Namespace, request.Pod, "it has no logs", context.CancellationToken);
        var asked = request.Clone();
        asked.Namespace = pod.Namespace;
        asked.Container = ContainerOf(pod, asked.Container);
        await using var call = await calls.StartAsync(node, new Call { Logs = asked }, context.CancellationToken);
        await foreach (var data in call.ReadAsync(context.CancellationToken))
            await responseStream.WriteAsync(new LogsReply { Text = data }, context.CancellationToken);
    }

    public override async Task<ImportImageReply> ImportImage(IAsyncStreamReader<ImportImageRequest> requestStream, ServerCallContext context)
    {
        var token = context.CancellationToken;
        if (!await requestStream.MoveNext(token) || requestStream.Current.Start is not { } start)
            throw RpcErrors.Invalid("the first message of an import names the image and the nodes");
        var state = await RpcErrors.Translated(() => store.ReadAsync(token));
        var open = new List<(string Node, NodeCall Call)>();
        try
        {
            foreach (var node in TargetsOf(start, state.All<Node>(Node.KindName).ToList()))
                open.Add((node, await calls.StartAsync(node, new Call { ImportImage = start }, token)));
            while (await requestStream.MoveNext(token))
            {
                var data = requestStream.Current.Data;
                await Task.WhenAll(open.Select(each => each.Call.WriteAsync(data, token)));
            }

            var answers = await Task.WhenAll(open.Select(each => ImportedAsync(each.Node, each.Call, token)));
            var reply = new ImportImageReply();
            foreach (var images in answers) reply.Images.AddRange(images);
            return reply;
        }
        finally
        {
            foreach (var (_, call) in open) await call.DisposeAsync();
        }
    }

    static List<string> TargetsOf(ImportImageStart start, List<Node> nodes)
    {
        var unknown = start.Nodes.FirstOrDefault(name => nodes.All(node => node.Name != name));
        if (unknown is not null) throw RpcErrors.NotFound(new ResourceKey(Node.KindName, "", unknown));
        var targets = start.Nodes.Count > 0 ? [.. start.Nodes] : nodes.Where(node => node.IsReady()).Select(node => node.Name).ToList();
        return targets.Count > 0 ? targets : throw RpcErrors.Unavailable("no node is ready to take the image");
    }

    static async Task<List<ImportedImage>> ImportedAsync(string node, NodeCall call, CancellationToken token)
    {
        await call.FinishAsync(token);
        var images = new List<ImportedImage>();
        await foreach (var data in call.ReadAsync(token))
        {
            var image = ImportedImage.Parser.ParseFrom(data);
            image.Node = node;
            images.Add(image);
        }

        return images;
    }
}
