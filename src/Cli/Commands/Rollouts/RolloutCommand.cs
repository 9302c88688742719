using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Manifests.Text;
using Orchestrator.Model;

namespace Orchestrator.Cli.Commands.Rollouts;

/// <summary><c>orch rollout</c>: how the pods of a workload are replaced, and how they were before.</summary>
static class RolloutCommand
{
    public static Command Create(SharedOptions shared) => new("rollout", "Follow, stop, go on with or undo how a workload's pods are replaced.")
    {
        RolloutStatus.Create(shared),
        History(shared),
        Undo(shared),
        RolloutPromote.Create(shared),
        Of(shared, "pause", "Hold back changes of a deployment's template.", "paused", (workload, _) => workload.Paused(true)),
        Of(shared, "resume", "Go on with a paused deployment.", "resumed", (workload, _) => workload.Paused(false)),
        Of(shared, "restart", "Replace all pods by new ones of the same template.", "restarted", (workload, now) => workload.Restarted(now)),
    };

    static Command Of(SharedOptions shared, string verb, string description, string done, Func<Workload, DateTimeOffset, Workload> change)
    {
        var targets = new Argument<string[]>("kind/name") { Description = "deployment/web, or deployment web", Arity = ArgumentArity.OneOrMore };
        ObjectNames.Complete(targets, shared);
        var command = new Command(verb, description) { targets };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var target in Workload.Targets(parsed.GetValue(targets)!)) // one or more
            {
                var now = TimeProvider.System.GetUtcNow();
                await cluster.EditAsync<Model.Meta.Resource>(target.Kind.Name, shared.Namespace(parsed), target.Name!, each => change(new Workload(each), now).Resource, token); // targets have names
                Console.WriteLine($"{target.Kind.Singular}/{target.Name} {done}");
            }

            return 0;
        });
        return command;
    }

    static Command History(SharedOptions shared)
    {
        var target = new Argument<string[]>("kind/name") { Description = "deployment/web", Arity = ArgumentArity.OneOrMore };
        var number = new Option<long>("--revision") { Description = "show the template of this revision" };
        ObjectNames.Complete(target, shared);
        var command = new Command("history", "List the revisions of a workload.") { target, number };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var each in Workload.Targets(parsed.GetValue(target)!)) // one or more
            {
                var (_, revisions) = await Workload.ReadAsync(cluster, each, shared.Namespace(parsed), token);
                if (parsed.GetValue(number) is var wanted and > 0)
                {
                    var found = revisions.FirstOrDefault(revision => revision.Number == wanted) ?? throw new CliException($"{each.Kind.Singular}/{each.Name} has no revision {wanted}{Known(revisions)}");
                    Console.WriteLine($"{each.Kind.Singular}/{each.Name} with revision #{wanted}\nPod Template:");
                    var yaml = YamlWriter.Write(System.Text.Json.Nodes.JsonNode.Parse(ModelJson.Encode(found.Template)));
                    foreach (var line in yaml.Split('\n', StringSplitOptions.RemoveEmptyEntries)) Console.WriteLine($"  {line}");
                    continue;
                }

                Console.WriteLine($"{each.Kind.Singular}/{each.Name}");
                var rows = revisions.Select(revision => (IReadOnlyList<string>)[revision.Number.ToString(CultureInfo.InvariantCulture), revision.Cause ?? "<none>"]).ToList();
                Console.Write(TextTable.Text(["REVISION", "CHANGE-CAUSE"], rows));
            }

            return 0;
        });
        return command;
    }

    static Command Undo(SharedOptions shared)
    {
        var target = new Argument<string[]>("kind/name") { Description = "deployment/web", Arity = ArgumentArity.OneOrMore };
        var number = new Option<long>("--to-revision") { Description = "the revision to go back to; the one before the present when not given" };
        var dryRun = new Option<bool>("--dry-run") { Description = "say what would be done and do nothing" };
        ObjectNames.Complete(target, shared);
        var command = new Command("undo", "Go back to an earlier revision.") { target, number, dryRun };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var each in Workload.Targets(parsed.GetValue(target)!)) // one or more
            {
                var (present, revisions) = await Workload.ReadAsync(cluster, each, shared.Namespace(parsed), token);
                var wanted = parsed.GetValue(number);
                var found = wanted > 0
                    ? revisions.FirstOrDefault(revision => revision.Number == wanted) ?? throw new CliException($"{each.Kind.Singular}/{each.Name} has no revision {wanted}{Known(revisions)}")
                    : revisions.LastOrDefault(revision => revision.Number < revisions[^1].Number) ?? throw new CliException($"{each.Kind.Singular}/{each.Name} has no earlier revision to go back to");
                if (ModelJson.Same(present.Template, found.Template))
                {
                    Console.WriteLine($"{each.Kind.Singular}/{each.Name} skipped rollback (its template is that of revision {found.Number} already)");
                    continue;
                }

                if (!parsed.GetValue(dryRun))
                    await cluster.EditAsync<Model.Meta.Resource>(each.Kind.Name, shared.Namespace(parsed), each.Name!, live => new Workload(live).Back(found).Resource, token); // targets have names
                Console.WriteLine($"{each.Kind.Singular}/{each.Name} rolled back to revision {found.Number}{(parsed.GetValue(dryRun) ? " (dry run)" : "")}");
            }

            return 0;
        });
        return command;
    }

    static string Known(IReadOnlyList<Revision> revisions) =>
        revisions.Count == 0 ? "; there are none yet" : $"; there are {string.Join(", ", revisions.Select(each => each.Number))}";
}
