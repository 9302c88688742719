using System.CommandLine;
using System.Text;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch apply -f</c>: makes the cluster's objects what the manifests say, all or none.</summary>
static class ApplyCommand
{
    public static Command Create(SharedOptions shared)
    {
        var files = new Option<string[]>("--filename", "-f") { Description = "a file, a directory, or - for standard input; may be given several times" };
        var recursive = new Option<bool>("--recursive", "-R") { Description = "also look into the directories below" };
        var dryRun = new Option<bool>("--dry-run") { Description = "say what would be done and do nothing" };
        var plan = new Option<string>("--plan") { Description = "apply what this plan of `orch plan -f` holds, if the cluster has not moved since" };
        var command = new Command("apply", "Make the cluster's objects what manifests say.") { files, recursive, dryRun, plan };
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(plan) is { } id) return await ApplyPlanAsync(shared, parsed, id, token);
            if (parsed.GetValue(files) is not { Length: > 0 }) throw new CliException("name manifests with -f, or a plan with --plan");
            var @namespace = shared.Namespace(parsed);
            if (await ManifestFiles.CheckedAsync(parsed.GetValue(files)!, parsed.GetValue(recursive), @namespace) is not { } set) return 1; // checked above
            var request = new ApplyRequest { DryRun = parsed.GetValue(dryRun), RequestId = Guid.NewGuid().ToString("N") };
            request.Objects.AddRange(set.Objects.Select(each => ByteString.CopyFrom(Encoding.UTF8.GetBytes(each.Written.ToJsonString()))));
            using var cluster = shared.Connect(parsed);
            try
            {
                var reply = await cluster.AskAsync(client => client.ApplyAsync(request, cancellationToken: token).ResponseAsync);
                Report(reply, request.DryRun);
                return 0;
            }
            catch (RpcException refused) when (Refusals.Of(refused, set) is { } problems)
            {
                foreach (var problem in problems) await Console.Error.WriteLineAsync($"error: {problem}");
                return 1;
            }
        });
        return command;
    }

    static async Task<int> ApplyPlanAsync(SharedOptions shared, ParseResult parsed, string id, CancellationToken token)
    {
        var request = new ApplyPlanRequest { Id = id, RequestId = Guid.NewGuid().ToString("N") };
        request.Objects.AddRange(PlanFiles.Read(id).Select(line => ByteString.CopyFromUtf8(line)));
        using var cluster = shared.Connect(parsed);
        Report(await cluster.AskPlannerAsync(client => client.ApplyPlanAsync(request, cancellationToken: token).ResponseAsync), dryRun: false);
        return 0;
    }

    static void Report(ApplyReply reply, bool dryRun)
    {
        foreach (var applied in reply.Objects)
        {
            var action = applied.Action switch
            {
                AppliedObject.Types.Action.Created => "created",
                AppliedObject.Types.Action.Configured => "configured",
                AppliedObject.Types.Action.Unchanged => "unchanged",
            };
            var kind = Kinds.Find(applied.Resource.Kind);
            Console.WriteLine($"{kind?.Singular ?? applied.Resource.Kind}/{applied.Resource.Name} {action}{(dryRun ? " (dry run)" : "")}");
        }
    }
}
