using System.CommandLine;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Model;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch diff</c>: what changed between two moments, and who did it.</summary>
static class DiffCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind[/name]") { Description = "deployment/web, deploy; everything that users wrote when none is named", Arity = ArgumentArity.ZeroOrMore };
        var from = Moments.Option("--from", "since when", required: true);
        var to = Moments.Option("--to", "until when; until now when not given");
        var everywhere = new Option<bool>("--all-namespaces", "-A") { Description = "in all namespaces" };
        var all = new Option<bool>("--all") { Description = "also what the cluster made of it and observed: pods, endpoints, status" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("diff", "Show what changed between two moments, and who did it.") { targets, from, to, everywhere, all };
        command.SetAction(async (parsed, token) =>
        {
            var wanted = Target.ReadOrEverything(parsed.GetValue(targets));
            var whole = parsed.GetValue(all);
            using var cluster = shared.Connect(parsed);
            var shown = 0;
            foreach (var target in wanted)
            {
                var request = new DiffRequest
                {
                    From = Moments.Read(parsed, from),
                    To = Moments.Read(parsed, to),
                    Kind = target?.Kind.Name ?? "",
                    Namespace = parsed.GetValue(everywhere) ? "" : shared.Namespace(parsed),
                    Name = target?.Name ?? "",
                    Derived = whole,
                };
                var reply = await cluster.AskAsync(client => client.DiffAsync(request, cancellationToken: token).ResponseAsync);
                foreach (var entry in reply.Objects) shown += Show(entry, parsed.GetValue(everywhere), whole) ? 1 : 0;
            }

            if (shown == 0) await Console.Error.WriteLineAsync("Nothing differs.");
            return 0;
        });
        return command;
    }

    static bool Show(HistoryEntry entry, bool withNamespace, bool withStatus)
    {
        var (before, after) = (entry.Before?.ToResource(), entry.After?.ToResource());
        var lines = before is not null && after is not null ? FieldChanges.Between(before, after, withStatus).ToList() : [];
        if (before is not null && after is not null && lines.Count == 0) return false;
        var name = NameOf(entry, withNamespace);
        var how = before is null ? "created" : after is null ? "deleted" : "changed";
        var who = entry.Author.Length > 0 ? $" by {entry.Author} at {Times.Text(entry.UnixMilliseconds)}, revision {entry.Revision}" : "";
        Console.WriteLine($"{(before is null ? '+' : after is null ? '-' : '~')} {name} {how}{who}");
        foreach (var line in lines) Console.WriteLine($"    {line}");
        return true;
    }

    static string NameOf(HistoryEntry entry, bool withNamespace)
    {
        var message = entry.After ?? entry.Before;
        var name = $"{Kinds.Find(message.Kind)?.Singular ?? message.Kind}/{message.Name}";
        return withNamespace && message.Namespace.Length > 0 ? $"{message.Namespace}/{name}" : name;
    }
}
