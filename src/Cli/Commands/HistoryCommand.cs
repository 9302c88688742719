using System.CommandLine;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch history</c>: every kept change of objects, with who made it and when.</summary>
static class HistoryCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind[/name]") { Description = "deployment/web, deploy; everything when none is named", Arity = ArgumentArity.ZeroOrMore };
        var from = Moments.Option("--from", "since when; as far back as is kept when not given");
        var to = Moments.Option("--to", "until when");
        var limit = new Option<int>("--limit") { Description = "the newest so many", DefaultValueFactory = _ => 50 };
        var everywhere = new Option<bool>("--all-namespaces", "-A") { Description = "in all namespaces" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("history", "Show who changed objects, and when.") { targets, from, to, limit, everywhere };
        command.SetAction(async (parsed, token) =>
        {
            var wanted = Target.ReadOrEverything(parsed.GetValue(targets));
            using var cluster = shared.Connect(parsed);
            var rows = new List<IReadOnlyList<string>>();
            var truncated = false;
            foreach (var target in wanted)
            {
                var request = new HistoryRequest
                {
                    Kind = target?.Kind.Name ?? "",
                    Namespace = parsed.GetValue(everywhere) ? "" : shared.Namespace(parsed),
                    Name = target?.Name ?? "",
                    From = Moments.Read(parsed, from),
                    To = Moments.Read(parsed, to),
                    Limit = parsed.GetValue(limit),
                };
                var reply = await cluster.AskAsync(client => client.HistoryAsync(request, cancellationToken: token).ResponseAsync);
                truncated |= reply.Truncated;
                rows.AddRange(reply.Entries.Select(Row));
            }

            if (rows.Count == 0) await Console.Error.WriteLineAsync("No changes found.");
            else Console.Write(TextTable.Text(["REVISION", "TIME", "AUTHOR", "OBJECT", "CHANGE"], rows));
            if (truncated) await Console.Error.WriteLineAsync("Earlier changes are left out; --limit shows more.");
            return 0;
        });
        return command;
    }

    static IReadOnlyList<string> Row(HistoryEntry entry)
    {
        var message = entry.After ?? entry.Before;
        return
        [
            entry.Revision.ToString(System.Globalization.CultureInfo.InvariantCulture), Times.Text(entry.UnixMilliseconds), entry.Author,
            $"{Kinds.Find(message.Kind)?.Singular ?? message.Kind}/{message.Name}", What(entry.Before?.ToResource(), entry.After?.ToResource()),
        ];
    }

    static string What(Resource? before, Resource? after)
    {
        if (before is null) return "created";
        if (after is null) return "deleted";
        var fields = FieldChanges.Between(before, after, withStatus: false).ToList();
        return fields.Count switch
        {
            0 => "status",
            1 => fields[0],
            _ => $"{fields[0]} (and {fields.Count - 1} more)",
        };
    }
}
