using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Model.Pods;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch why pod/x</c>: what keeps a pod off each node, and the smallest changes that would place it.</summary>
static class WhyCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("pod/name") { Description = "pod/web-1, or pod web-1", Arity = ArgumentArity.OneOrMore };
        ObjectNames.Complete(targets, shared);
        var command = new Command("why", "Say why a pod is where it is, or waits, and what would place it.") { targets };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var target in Target.Read(parsed.GetValue(targets)!)) // one or more
            {
                if (target.Kind.Name != Pod.KindName || target.Name is null) throw new CliException("only pods are placed; name one, such as pod/web-1");
                var request = new WhyRequest { Namespace = shared.Namespace(parsed), Pod = target.Name };
                Show(target.Name, await cluster.AskPlannerAsync(client => client.WhyAsync(request, cancellationToken: token).ResponseAsync));
            }

            return 0;
        });
        return command;
    }

    static void Show(string pod, WhyReply reply)
    {
        Console.WriteLine($"pod/{pod}: {reply.Summary}");
        if (reply.Refusals.Count > 0)
        {
            Console.WriteLine();
            Console.Write(TextTable.Text(["NODE", "RULE", "BECAUSE"], [.. reply.Refusals.Select(each => (IReadOnlyList<string>)[each.Node, each.Rule, each.Detail])]));
        }

        if (reply.Remedies.Count > 0)
        {
            Console.WriteLine("\nAny one of these would place it:");
            foreach (var each in reply.Remedies) Console.WriteLine($"  {each.Change}  (then it goes to {each.Node})");
        }
        else if (reply.Refusals.Count > 0) Console.WriteLine("\nNo single change that was tried would place it.");
    }
}
