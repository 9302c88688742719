using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch rebalance</c>: moves pods together so that nodes become free, as a drain does.</summary>
static class RebalanceCommand
{
    public static Command Create(SharedOptions shared)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "say what would be moved and do nothing" };
        var most = new Option<int>("--max-moves") { Description = "so many pods may move; the server's own limit when 0" };
        var command = new Command("rebalance", "Move pods together so that nodes become free.") { dryRun, most };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var request = new RebalanceRequest { MostMoves = parsed.GetValue(most) };
            var reply = await cluster.AskPlannerAsync(client => client.RebalanceAsync(request, cancellationToken: token).ResponseAsync);
            if (reply.Moves.Count == 0)
            {
                Console.WriteLine($"Nothing to gain: none of the {reply.NodesInUse} nodes in use can be emptied onto the others.");
                return 0;
            }

            Console.Write(TextTable.Text(["NAMESPACE", "POD", "FROM", "TO"], [.. reply.Moves.Select(move => (IReadOnlyList<string>)[move.Namespace, move.Pod, move.From, move.To])]));
            Console.WriteLine($"\n{reply.Moves.Count} moves free {reply.Freed.Count} of {reply.NodesInUse} nodes in use: {string.Join(", ", reply.Freed)}");
            if (parsed.GetValue(dryRun)) return 0;
            foreach (var node in reply.Freed) await EmptyAsync(cluster, node, token);
            return 0;
        });
        return command;
    }

    /// <summary>The same road as a drain, after which the node may be used again: it is empty, and the scheduler prefers those that are not.</summary>
    static async Task EmptyAsync(ClusterConnection cluster, string node, CancellationToken token)
    {
        await new Drain(cluster) { IgnoreDaemonSets = true, DeleteEmptyDirData = false }.RunAsync(node, token);
        await CordonCommand.SetAsync(cluster, node, cordon: false, token);
    }
}
