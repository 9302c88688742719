using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Connection;
using Orchestrator.Model;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Cli.Commands.Rollouts;

/// <summary><c>orch rollout promote</c>: gives a canary more of the requests, or all.</summary>
static class RolloutPromote
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind/name") { Description = "deployment/web", Arity = ArgumentArity.OneOrMore };
        var full = new Option<bool>("--full") { Description = "beyond all steps that are left" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("promote", "Have a canary take its next step now; `orch rollout undo` takes it back.") { targets, full };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            foreach (var target in Workload.Targets(parsed.GetValue(targets)!)) // one or more
                await PromoteAsync(cluster, shared.Namespace(parsed), target, parsed.GetValue(full), token);
            return 0;
        });
        return command;
    }

    static async Task PromoteAsync(ClusterConnection cluster, string @namespace, Target target, bool full, CancellationToken token)
    {
        if (target.Kind.Name != Deployment.KindName) throw new CliException($"a {target.Kind.Singular} has no canaries");
        var sets = (await new Query(@namespace, "").FindAsync(cluster, new Target(Kinds.Find(ReplicaSet.KindName)!, null), token)).Cast<ReplicaSet>(); // it is in the list
        if (sets.FirstOrDefault(set => set.Metadata.Controller() is { Kind: Deployment.KindName } owner && owner.Name == target.Name && Canary.StepOf(set) is not null) is not { } canary)
            throw new CliException($"deployment/{target.Name} has no canary under way");
        var step = Canary.StepOf(canary)!.Value; // it was looked for by it
        var (_, after) = await cluster.EditAsync<Deployment>(Deployment.KindName, @namespace, target.Name!, deployment => deployment with // targets have names
        {
            Metadata = deployment.Metadata with
            {
                Annotations = new Dictionary<string, string>(deployment.Metadata.Annotations) { [Canary.Promoted] = $"{canary.Name}={(full ? int.MaxValue : step).ToString(CultureInfo.InvariantCulture)}" },
            },
        }, token);
        var steps = Canary.StepsOf(after).Count;
        Console.WriteLine($"deployment/{target.Name} promoted {(full || step >= steps ? "to all requests" : $"to step {step + 1} of {steps}")}");
    }
}
