using System.CommandLine;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch get</c>: shows objects, and with -w also how they change.</summary>
static class GetCommand
{
    public static Command Create(SharedOptions shared)
    {
        var targets = new Argument<string[]>("kind[/name]") { Description = "pods, deployment/web, node n1 n2, deploy,svc, all", Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { Description = "wide, yaml, json or name" };
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "in all namespaces" };
        var selector = new Option<string>("--selector", "-l") { Description = "only objects with these labels: app=web,tier!=db" };
        var watch = new Option<bool>("--watch", "-w") { Description = "go on showing what changes" };
        var at = Moments.Option("--at", "as they were then");
        var stale = new Option<bool>("--stale") { Description = "take what the asked server has, perhaps a moment old; it answers without a leader, too" };
        var bare = new Option<bool>("--no-headers") { Description = "leave the head of the table out" };
        ObjectNames.Complete(targets, shared);
        var command = new Command("get", "Show objects.") { targets, output, all, selector, watch, at, stale, bare };
        command.SetAction(async (parsed, token) =>
        {
            var wanted = Target.Read(parsed.GetValue(targets)!); // one or more
            var everywhere = parsed.GetValue(all);
            var query = new Query(everywhere ? "" : shared.Namespace(parsed), parsed.GetValue(selector) ?? "")
            {
                At = Moments.Read(parsed, at),
                Consistency = parsed.GetValue(stale) ? Consistency.Serializable : Consistency.Linearizable,
            };
            if (query.At is not null && parsed.GetValue(watch)) throw new CliException("the past does not change: --at does not go with --watch; `orch history` shows what changed when");
            var printer = new Printer(Printer.Read(parsed.GetValue(output)), everywhere, !parsed.GetValue(bare), TimeProvider.System);
            using var cluster = shared.Connect(parsed);
            return parsed.GetValue(watch)
                ? await WatchAsync(cluster, wanted, query, printer, token)
                : await ShowAsync(cluster, wanted, query, printer, token);
        });
        return command;
    }

    static async Task<int> ShowAsync(ClusterConnection cluster, IReadOnlyList<Target> wanted, Query query, Printer printer, CancellationToken token)
    {
        var exit = 0;
        var groups = new List<(Kind Kind, IReadOnlyList<Resource> Resources)>();
        foreach (var group in wanted.GroupBy(target => target.Kind))
        {
            var found = new List<Resource>();
            foreach (var target in group)
            {
                try
                {
                    found.AddRange(await query.FindAsync(cluster, target, token));
                }
                catch (RpcException missing) when (missing.StatusCode == StatusCode.NotFound)
                {
                    await Console.Error.WriteLineAsync($"error: {missing.Status.Detail}");
                    exit = 1;
                }
            }

            if (found.Count > 0) groups.Add((group.Key, found));
        }

        var named = wanted.Any(target => target.Name is not null);
        if (groups.Count > 0 || (!named && printer.IsForPrograms)) Console.Write(printer.Print(groups, single: named && wanted.Count == 1));
        else if (!named) await Console.Error.WriteLineAsync(query.NothingFound(wanted));
        return exit;
    }

    static async Task<int> WatchAsync(ClusterConnection cluster, IReadOnlyList<Target> wanted, Query query, Printer printer, CancellationToken token)
    {
        if (wanted.Count != 1) throw new CliException("only one kind, or one object, can be watched at a time");
        var target = wanted[0];
        var request = new WatchRequest { Kind = target.Kind.Name, Namespace = query.Namespace, Selector = query.Selector };
        using var call = await cluster.OpenAsync(client => client.Watch(request, cancellationToken: token));
        List<Resource>? first = []; // what there is at the start makes one table; what changes later is written below it
        await foreach (var change in call.ResponseStream.ReadAllAsync(token))
        {
            var resource = change.Resource is { } message && (target.Name is null || message.Name == target.Name) ? message.ToResource() : null;
            if (first is null)
            {
                if (resource is not null) Console.Write(printer.PrintMore(target.Kind, [resource]));
                continue;
            }

            if (resource is not null) first.Add(resource);
            if (change.Type == WatchReply.Types.Type.Added) continue;
            Console.Write(printer.PrintMore(target.Kind, first));
            first = null;
        }

        return 0;
    }
}

/// <summary>Where and by which labels objects are looked for.</summary>
sealed record Query(string Namespace, string Selector)
{
    /// <summary>Objects in one answer, as with kubectl: enough that few answers are needed, few enough that each comes soon.</summary>
    const int PageSize = 500;

    /// <summary>The moment that is looked back to; null for the present.</summary>
    public Moment? At { get; init; }

    public Consistency Consistency { get; init; }

    public async Task<IReadOnlyList<Resource>> FindAsync(ClusterConnection cluster, Target target, CancellationToken token)
    {
        if (target.Name is { } name)
        {
            var get = new GetRequest { Kind = target.Kind.Name, Namespace = Namespace, Name = name, At = At, Consistency = Consistency };
            return [(await cluster.AskAsync(client => client.GetAsync(get, cancellationToken: token).ResponseAsync)).ToResource()];
        }

        var list = new ListRequest { Kind = target.Kind.Name, Namespace = Namespace, Selector = Selector, At = At, Consistency = Consistency, Limit = PageSize };
        var found = new List<Resource>();
        while (true)
        {
            var reply = await cluster.AskAsync(client => client.ListAsync(list, cancellationToken: token).ResponseAsync);
            found.AddRange(reply.Resources.Select(message => message.ToResource()));
            if (reply.Continue.Length == 0) return found;
            list.Continue = reply.Continue;
        }
    }

    public string NothingFound(IReadOnlyList<Target> wanted) =>
        wanted.All(target => !target.Kind.Namespaced) || Namespace.Length == 0 ? "No resources found." : $"No resources found in {Namespace} namespace.";
}
