using System.CommandLine;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model.Nodes;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch node rm</c>: takes machines out of the cluster for good.</summary>
static class NodeCommand
{
    public static Command Create(SharedOptions shared) => new("node", "Take machines out of the cluster; `orch get nodes` lists them.") { Remove(shared) };

    static Command Remove(SharedOptions shared)
    {
        var nodes = new Argument<string[]>("node") { Description = "the nodes' names", Arity = ArgumentArity.OneOrMore };
        var force = new Option<bool>("--force", "-f") { Description = "also nodes that are alive: their pods are replaced, and their agents are shut out at once" };
        var command = new Command("rm", "Remove nodes: their certificates are worth nothing from then on.") { nodes, force };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var name in parsed.GetValue(nodes)!) await RemoveAsync(cluster, name, parsed.GetValue(force), token); // one or more
            return 0;
        });
        return command;
    }

    static async Task RemoveAsync(ClusterConnection cluster, string name, bool force, CancellationToken token)
    {
        var node = await FindAsync(cluster, name, token);
        if (!force && node?.IsReady() == true) throw new CliException($"node {name} is alive: `orch drain {name}` empties it; then stop orchd there, or give --force");
        var delete = new DeleteRequest { Kind = Node.KindName, Name = name, Uid = node?.Metadata.Uid ?? "", RequestId = Guid.NewGuid().ToString("N") };
        await cluster.AskAsync(client => client.DeleteAsync(delete, cancellationToken: token).ResponseAsync);
        Console.WriteLine($"node/{name} removed");
    }

    /// <summary>Null for a machine that runs no pods, as an ingress of its own.</summary>
    static async Task<Node?> FindAsync(ClusterConnection cluster, string name, CancellationToken token)
    {
        try
        {
            var get = new GetRequest { Kind = Node.KindName, Name = name };
            return (await cluster.AskAsync(client => client.GetAsync(get, cancellationToken: token).ResponseAsync)).ToResource<Node>();
        }
        catch (RpcException absent) when (absent.StatusCode == StatusCode.NotFound)
        {
            return null;
        }
    }
}
