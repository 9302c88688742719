using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch scale</c>: how many pods a deployment or a StatefulSet keeps.</summary>
static class ScaleCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind/name") { Description = "deployment/web, or deployment web", Arity = ArgumentArity.OneOrMore };
        var replicas = new Option<int>("--replicas") { Description = "how many pods there should be", Required = true };
        var current = new Option<int?>("--current-replicas") { Description = "only when there should be so many now" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("scale", "Set how many pods a deployment or a statefulset keeps.") { targets, replicas, current };
        command.SetAction(async (parsed, token) =>
        {
            var wanted = Target.Read(parsed.GetValue(targets)!); // one or more
            using var cluster = shared.Connect(parsed);
            foreach (var target in wanted)
            {
                var request = new ScaleRequest
                {
                    Kind = target.Kind.Name,
                    Namespace = shared.Namespace(parsed),
                    Name = target.Name ?? throw new CliException($"name the {target.Kind.Singular} to scale, such as {target.Kind.Singular}/web"),
                    Replicas = parsed.GetValue(replicas),
                    RequestId = Guid.NewGuid().ToString("N"),
                };
                if (parsed.GetValue(current) is { } present) request.CurrentReplicas = present;
                await cluster.AskAsync(client => client.ScaleAsync(request, cancellationToken: token).ResponseAsync);
                Console.WriteLine($"{target.Kind.Singular}/{target.Name} scaled");
            }

            return 0;
        });
        return command;
    }
}
