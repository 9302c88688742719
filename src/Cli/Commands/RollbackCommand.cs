using System.CommandLine;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Model;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch rollback</c>: makes an object, or all of a namespace, what they were.</summary>
static class RollbackCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind/name") { Description = "deployment/web; everything in the namespace of -n when none is named", Arity = ArgumentArity.ZeroOrMore };
        var to = Moments.Option("--to", "the moment to go back to", required: true);
        var dry = new Option<bool>("--dry-run") { Description = "only show what would be done" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("rollback", "Make objects what they were at a moment: all of them or none.") { targets, to, dry };
        command.SetAction(async (parsed, token) =>
        {
            var words = parsed.GetValue(targets) ?? [];
            if (words.Length == 0 && shared.GivenNamespace(parsed) is null)
                throw new CliException("name what to roll back: an object, such as deployment/web, or a whole namespace with -n");
            var wanted = words.Length == 0 ? null : Target.Read(words);
            if (wanted is { Count: > 1 }) throw new CliException("one object is rolled back at a time, or with -n all of a namespace at once");
            var request = new RollbackRequest
            {
                To = Moments.Read(parsed, to),
                Namespace = shared.Namespace(parsed),
                Kind = wanted?[0].Kind.Name ?? "",
                Name = wanted is null ? "" : wanted[0].Name ?? throw new CliException($"name the {wanted[0].Kind.Singular} to roll back, such as {wanted[0].Kind.Singular}/web"),
                DryRun = parsed.GetValue(dry),
                RequestId = Guid.NewGuid().ToString("N"),
            };
            using var cluster = shared.Connect(parsed);
            var reply = await cluster.AskAsync(client => client.RollbackAsync(request, cancellationToken: token).ResponseAsync);
            foreach (var step in reply.Objects) Show(step, request.DryRun);
            if (reply.Objects.Count == 0) Console.WriteLine($"nothing differs from revision {reply.ToRevision}");
            else if (!request.DryRun) Console.WriteLine($"as at revision {reply.ToRevision}, by revision {reply.Revision}");
            return 0;
        });
        return command;
    }

    static void Show(RolledBackObject step, bool dry)
    {
        var message = step.After ?? step.Before;
        var action = step.Action switch
        {
            RolledBackObject.Types.Action.Configured => "configured",
            RolledBackObject.Types.Action.Created => "created",
            RolledBackObject.Types.Action.Deleted => "deleted",
            RolledBackObject.Types.Action.Left => $"left as it is: {step.Warning}",
            _ => "changed",
        };
        Console.WriteLine($"{Kinds.Find(message.Kind)?.Singular ?? message.Kind}/{message.Name} {action}{(dry ? " (dry run)" : "")}");
        if (!dry || step.Before is null || step.After is null) return;
        foreach (var line in FieldChanges.Between(step.Before.ToResource(), step.After.ToResource(), withStatus: false)) Console.WriteLine($"    {line}");
    }
}
