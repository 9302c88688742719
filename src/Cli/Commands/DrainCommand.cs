using System.CommandLine;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch drain</c>: empties nodes without anybody missing a pod: each is replaced elsewhere before it goes, within the disruption budgets.</summary>
static class DrainCommand
{
    public static Command Create(SharedOptions shared)
    {
        var nodes = new Argument<string[]>("node") { Description = "the nodes' names", Arity = ArgumentArity.OneOrMore };
        var daemons = new Option<bool>("--ignore-daemonsets") { Description = "leave the pods of DaemonSets, which belong to the node" };
        var data = new Option<bool>("--delete-emptydir-data") { Description = "also pods with emptyDir volumes, whose content is lost" };
        var force = new Option<bool>("--force") { Description = "also pods without an owner, which nobody makes anew" };
        var selector = new Option<string>("--pod-selector") { Description = "only pods with these labels" };
        var timeout = new Option<string>("--timeout") { Description = "give up after so long; 0 waits for ever" };
        var dryRun = new Option<bool>("--dry-run") { Description = "say what would be done and do nothing; `orch plan drain` says where the pods would go" };
        var command = new Command("drain", "Empty nodes: each pod is replaced elsewhere before it goes.") { nodes, daemons, data, force, selector, timeout, dryRun };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var drain = new Drain(cluster)
            {
                IgnoreDaemonSets = parsed.GetValue(daemons),
                DeleteEmptyDirData = parsed.GetValue(data),
                Force = parsed.GetValue(force),
                Selector = parsed.GetValue(selector) ?? "",
                Patience = parsed.GetValue(timeout) is { } text ? Spans.Read(text) : TimeSpan.Zero,
                DryRun = parsed.GetValue(dryRun),
            };
            foreach (var node in parsed.GetValue(nodes)!) await drain.RunAsync(node, token); // one or more
            return 0;
        });
        return command;
    }
}
