using System.CommandLine;
using Orchestrator.Cli.Output;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch describe</c>: everything worth knowing about an object, for a person.</summary>
static class DescribeCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind[/name]") { Description = "pod web-1, deployment/web, node n1", Arity = ArgumentArity.OneOrMore };
        var selector = new Option<string>("--selector", "-l") { Description = "only objects with these labels" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("describe", "Show everything worth knowing about objects.") { targets, selector };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var query = new Query(shared.Namespace(parsed), parsed.GetValue(selector) ?? "");
            var first = true;
            foreach (var target in Target.Read(parsed.GetValue(targets)!)) // one or more
            {
                foreach (var resource in await query.FindAsync(cluster, target, token))
                {
                    if (!first) Console.WriteLine();
                    first = false;
                    Console.Write(await Description.OfAsync(resource, cluster, TimeProvider.System, token));
                }
            }

            if (first) await Console.Error.WriteLineAsync("No resources found.");
            return 0;
        });
        return command;
    }
}
