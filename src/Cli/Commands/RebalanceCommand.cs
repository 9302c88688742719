using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch rebalance --dry-run</c>: the moves that would free nodes.</summary>
static class RebalanceCommand
{
    public static Command Create(SharedOptions shared)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "say what would be moved and do nothing", Required = true };
        var most = new Option<int>("--max-moves") { Description = "so many pods may move; the server's own limit when 0" };
        var command = new Command("rebalance", "Find pods that could move together so that nodes become free.") { dryRun, most };
        command.SetAction(async (parsed, token) =>
        {
            if (!parsed.GetValue(dryRun)) throw new CliException("moves are only shown; take --dry-run, and drain a node that would be free to carry them out");
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
            return 0;
        });
        return command;
    }
}
