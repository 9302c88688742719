using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Model.Nodes;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch cordon</c> and <c>orch uncordon</c>: whether new pods may be placed on a node.</summary>
static class CordonCommand
{
    public static Command Create(SharedOptions shared, bool cordon)
    {
        var nodes = new Argument<string[]>("node") { Description = "the nodes' names", Arity = ArgumentArity.OneOrMore };
        var command = new Command(cordon ? "cordon" : "uncordon", cordon ? "Place no new pods on nodes." : "Place pods on nodes again.") { nodes };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var name in parsed.GetValue(nodes)!) await SetAsync(cluster, name, cordon, token); // one or more
            return 0;
        });
        return command;
    }

    public static async Task SetAsync(ClusterConnection cluster, string name, bool cordon, CancellationToken token)
    {
        var plain = name.StartsWith("node/", StringComparison.Ordinal) ? name["node/".Length..] : name;
        var (before, _) = await cluster.EditAsync<Node>(Node.KindName, "", plain, node => node with { Spec = node.Spec with { Unschedulable = cordon } }, token);
        Console.WriteLine($"node/{plain} {(before.Spec.Unschedulable == cordon ? "already " : "")}{(cordon ? "cordoned" : "uncordoned")}");
    }
}
