using System.CommandLine;
using System.Text;
using Google.Protobuf;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch plan</c>: what an apply, a drain, a loss or new nodes would lead to, with the exact nodes. Changes nothing.</summary>
static class PlanCommand
{
    public static Command Create(SharedOptions shared)
    {
        var files = new Option<string[]>("--filename", "-f") { Description = "a file, a directory, or - for standard input; may be given several times" };
        var recursive = new Option<bool>("--recursive", "-R") { Description = "also look into the directories below" };
        var command = new Command("plan", "Say what a change would lead to, and do nothing.") { files, recursive, Drain(shared), Lose(shared), Add(shared) };
        command.SetAction(async (parsed, token) =>
        {
            if (parsed.GetValue(files) is not { Length: > 0 } named) throw new Connection.CliException("name manifests with -f, or one of drain, lose and add");
            if (await ManifestFiles.CheckedAsync(named, parsed.GetValue(recursive), shared.Namespace(parsed)) is not { } set) return 1;
            var objects = set.Objects.Select(each => Encoding.UTF8.GetBytes(each.Written.ToJsonString())).ToList();
            var request = new PlanRequest { Objects = new PlanObjects() };
            request.Objects.Objects.AddRange(objects.Select(each => ByteString.CopyFrom(each)));
            var reply = await AskAsync(shared, parsed, request, token);
            Show(reply);
            PlanFiles.Write(reply.Id, objects);
            Console.WriteLine($"\nTo carry it out: orch apply --plan {reply.Id}");
            return 0;
        });
        return command;
    }

    static Command Drain(SharedOptions shared) => Supposing(shared, "drain", "node", "a node's name", "What happens when a node is drained.", static word => new PlanRequest { Drain = word });

    static Command Lose(SharedOptions shared) => Supposing(shared, "lose", "label", "the nodes that are lost, such as zone=a", "What happens when nodes are lost.", static word => new PlanRequest { Lose = word });

    static Command Add(SharedOptions shared) => Supposing(shared, "add", "nodes", "such as 2x4c8g: two nodes of 4 cores and 8 GiB", "What happens when nodes join.", static word => new PlanRequest { Add = word });

    static Command Supposing(SharedOptions shared, string name, string argument, string means, string description, Func<string, PlanRequest> request)
    {
        var word = new Argument<string>(argument) { Description = means };
        var command = new Command(name, description) { word };
        command.SetAction(async (parsed, token) =>
        {
            Show(await AskAsync(shared, parsed, request(parsed.GetValue(word)!), token)); // required
            return 0;
        });
        return command;
    }

    static async Task<PlanReply> AskAsync(SharedOptions shared, ParseResult parsed, PlanRequest request, CancellationToken token)
    {
        using var cluster = shared.Connect(parsed);
        return await cluster.AskPlannerAsync(client => client.PlanAsync(request, cancellationToken: token).ResponseAsync);
    }

    static void Show(PlanReply reply)
    {
        foreach (var change in reply.Changes)
            Console.WriteLine(change.Path.Length == 0 ? $"+ {change.Object} {change.After}" : $"~ {change.Object} {change.Path}: {Said(change.Before)} -> {Said(change.After)}");
        foreach (var group in reply.Pods.GroupBy(pod => (pod.Outcome, pod.Namespace, pod.Pod, pod.Node, pod.Reason)))
        {
            var (outcome, @namespace, pod, node, reason) = group.Key;
            var times = group.Count() > 1 ? $"{group.Count()} x " : "";
            var name = $"{times}pod {@namespace}/{pod}";
            Console.WriteLine(outcome switch
            {
                PodOutcome.Types.Outcome.Placed => $"+ {name} on {node}",
                PodOutcome.Types.Outcome.Removed => node.Length > 0 ? $"- {name} on {node}" : $"- {name}",
                PodOutcome.Types.Outcome.Preempted => $"- {name} on {node}, to make way for one of higher priority",
                PodOutcome.Types.Outcome.Waiting => $"? {name} would wait: {reason}",
            });
        }

        if (reply.Changes.Count == 0 && reply.Pods.Count == 0) Console.WriteLine("Nothing would change.");
    }

    static string Said(string text) => text.Length == 0 ? "nothing" : text;
}
