using System.CommandLine;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;
using Orchestrator.Model;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch delete</c>: removes objects, and waits until they are gone.</summary>
static class DeleteCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind[/name]") { Description = "pod web-1, deployment/web", Arity = ArgumentArity.ZeroOrMore };
        var files = new Option<string[]>("--filename", "-f") { Description = "delete what these manifests hold: a file, a directory, or - for standard input" };
        var recursive = new Option<bool>("--recursive", "-R") { Description = "also look into the directories below" };
        var all = new Option<bool>("--all") { Description = "all of the kind in the namespace" };
        var selector = new Option<string>("--selector", "-l") { Description = "only objects with these labels" };
        var grace = new Option<long?>("--grace-period") { Description = "seconds a pod gets to stop; its own when not given" };
        var force = new Option<bool>("--force") { Description = "forget a pod at once, even if its node can't be asked to stop it" };
        var wait = new Option<bool>("--wait") { Description = "wait until the objects are gone", DefaultValueFactory = _ => true };
        var missing = new Option<bool>("--ignore-not-found") { Description = "an object that is not there is no error" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("delete", "Remove objects.") { targets, files, recursive, all, selector, grace, force, wait, missing };
        command.SetAction(async (parsed, token) =>
        {
            var @namespace = shared.Namespace(parsed);
            using var cluster = shared.Connect(parsed);
            var doomed = await FindAsync();
            if (doomed is null) return 1;
            var exit = 0;
            List<ResourceMessage> leaving = [];
            foreach (var (kind, space, name) in doomed)
            {
                var request = new DeleteRequest { Kind = kind.Name, Namespace = space, Name = name, RequestId = Guid.NewGuid().ToString("N") };
                if (parsed.GetValue(force)) request.GracePeriodSeconds = 0;
                else if (parsed.GetValue(grace) is { } seconds and >= 0) request.GracePeriodSeconds = seconds;
                try
                {
                    var reply = await cluster.AskAsync(client => client.DeleteAsync(request, cancellationToken: token).ResponseAsync);
                    Console.WriteLine($"{kind.Singular}/{name} deleted");
                    if (reply.Resource is { } left) leaving.Add(left);
                }
                catch (RpcException absent) when (absent.StatusCode == StatusCode.NotFound)
                {
                    if (parsed.GetValue(missing)) continue;
                    await Console.Error.WriteLineAsync($"error: {absent.Status.Detail}");
                    exit = 1;
                }
            }

            // Only now: a claim waits for its pods, which may be among those after it.
            if (parsed.GetValue(wait))
                foreach (var left in leaving) await GoneAsync(cluster, left, token);
            return exit;

            async Task<List<(Kind Kind, string Namespace, string Name)>?> FindAsync()
            {
                if (parsed.GetValue(files) is { Length: > 0 } paths)
                {
                    if (parsed.GetValue(targets) is [var word, ..]) throw new CliException($"name objects or give -f, not both: {word}");
                    var set = await ManifestFiles.CheckedAsync(paths, parsed.GetValue(recursive), @namespace);
                    return set?.Objects.Reverse().Select(each => (Kinds.Find(each.Resource.Kind)!, each.Resource.Namespace, each.Resource.Name)).ToList(); // manifests hold known kinds only
                }

                var found = new List<(Kind, string, string)>();
                foreach (var target in Target.Read(parsed.GetValue(targets) ?? []))
                {
                    if (target.Name is null && !parsed.GetValue(all) && parsed.GetValue(selector) is null)
                        throw new CliException($"name the {target.Kind.Plural} to delete, or give --all or -l");
                    if (target.Name is { } name) found.Add((target.Kind, @namespace, name));
                    else
                        found.AddRange((await new Query(@namespace, parsed.GetValue(selector) ?? "").FindAsync(cluster, target, token))
                            .Select(resource => (target.Kind, resource.Namespace, resource.Name)));
                }

                return found;
            }
        });
        return command;
    }

    /// <summary>Waits until an object that stops in its own time is gone, whatever has come in its place.</summary>
    static async Task GoneAsync(ClusterConnection cluster, ResourceMessage left, CancellationToken token)
    {
        var watch = new WatchRequest { Kind = left.Kind, Namespace = left.Namespace };
        using var call = await cluster.OpenAsync(client => client.Watch(watch, cancellationToken: token));
        var uid = left.ToResource().Metadata.Uid;
        var there = false;
        await foreach (var change in call.ResponseStream.ReadAllAsync(token))
        {
            var same = change.Resource?.Name == left.Name;
            if (same && change.Type == WatchReply.Types.Type.Deleted) return;
            if (same && change.Resource!.ToResource().Metadata.Uid != uid) return; // one of its name, since: asked for just before
            if (same) there = true;
            if (change.Type == WatchReply.Types.Type.Bookmark && !there) return; // it was gone before the watch began
        }
    }
}
