using System.CommandLine;
using System.Globalization;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch top</c>: what nodes, pods and containers use right now.</summary>
static class TopCommand
{
    const string Cpu = "CPU(cores)", Memory = "MEMORY(bytes)", Unknown = "<unknown>";
    const long BytesPerMebibyte = 1 << 20;

    public static Command Create(SharedOptions shared) => new("top", "Show how much cpu and memory nodes and pods use.") { Nodes(shared), Pods(shared) };

    static Command Nodes(SharedOptions shared)
    {
        var names = new Argument<string[]>("name") { Description = "only these nodes", Arity = ArgumentArity.ZeroOrMore };
        var (selector, sort, bare) = (Selector(), SortBy(), NoHeaders());
        var command = new Command("nodes", "Of each node, and how much that is of what it has for pods.") { names, selector, sort, bare };
        command.Aliases.Add("node");
        command.Aliases.Add("no");
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var nodes = await FindAsync<Node>(cluster, Node.KindName, new Query("", parsed.GetValue(selector) ?? ""), parsed.GetValue(names)!, token); // empty when none are named
            var heard = (await cluster.AskAsync(client => client.MetricsAsync(new MetricsRequest(), cancellationToken: token).ResponseAsync)).Nodes.ToDictionary(node => node.Node, StringComparer.Ordinal);
            var rows = Sorted(nodes.Select(node => (Node: node, Heard: heard.GetValueOrDefault(node.Name))), parsed.GetValue(sort), row => row.Node.Name, row => row.Heard?.CpuMillicores ?? -1, row => row.Heard?.MemoryBytes ?? -1)
                .Select(row => (IReadOnlyList<string>)
                [
                    row.Node.Name,
                    row.Heard is { } used ? Cores(used.CpuMillicores) : Unknown,
                    row.Heard is { } part ? Percent(part.CpuMillicores, row.Node.Status.Allocatable.GetValueOrDefault(ResourceNames.Cpu).Millis) : Unknown,
                    row.Heard is { } held ? Mebibytes(held.MemoryBytes) : Unknown,
                    row.Heard is { } share ? Percent(share.MemoryBytes, row.Node.Status.Allocatable.GetValueOrDefault(ResourceNames.Memory).Units) : Unknown,
                ]).ToList();
            return Show(["NAME", Cpu, "CPU%", Memory, "MEMORY%"], rows, !parsed.GetValue(bare), "no nodes");
        });
        return command;
    }

    static Command Pods(SharedOptions shared)
    {
        var names = new Argument<string[]>("name") { Description = "only these pods", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all-namespaces", "-A") { Description = "in all namespaces" };
        var containers = new Option<bool>("--containers") { Description = "each container by itself" };
        var (selector, sort, bare) = (Selector(), SortBy(), NoHeaders());
        var command = new Command("pods", "Of each pod, or of each container.") { names, all, containers, selector, sort, bare };
        command.Aliases.Add("pod");
        command.Aliases.Add("po");
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var everywhere = parsed.GetValue(all);
            var pods = await FindAsync<Pod>(cluster, Pod.KindName, new Query(everywhere ? "" : shared.Namespace(parsed), parsed.GetValue(selector) ?? ""), parsed.GetValue(names)!, token); // empty when none are named
            var uids = pods.Select(pod => pod.Metadata.Uid!).ToHashSet(StringComparer.Ordinal); // stored ones have one
            var heard = (await cluster.AskAsync(client => client.MetricsAsync(new MetricsRequest(), cancellationToken: token).ResponseAsync))
                .Nodes.SelectMany(node => node.Pods).Where(pod => uids.Contains(pod.Uid)).ToList();
            string[] place = everywhere ? ["NAMESPACE"] : [];
            var (heads, rows) = parsed.GetValue(containers)
                ? ([.. place, "POD", "NAME", Cpu, Memory], Sorted(heard.SelectMany(pod => pod.Containers.Select(container => (Pod: pod, Container: container))),
                        parsed.GetValue(sort), each => $"{each.Pod.Namespace}/{each.Pod.Name}/{each.Container.Name}", each => each.Container.CpuMillicores, each => each.Container.MemoryBytes)
                    .Select(each => Row(everywhere, each.Pod.Namespace, [each.Pod.Name, each.Container.Name], each.Container.CpuMillicores, each.Container.MemoryBytes)).ToList())
                : ((IReadOnlyList<string>)[.. place, "NAME", Cpu, Memory], Sorted(heard, parsed.GetValue(sort), pod => $"{pod.Namespace}/{pod.Name}", CpuOf, MemoryOf)
                    .Select(pod => Row(everywhere, pod.Namespace, [pod.Name], CpuOf(pod), MemoryOf(pod))).ToList());
            return Show(heads, rows, !parsed.GetValue(bare), pods.Count == 0 ? "no pods" : "no metrics of these pods yet: a node tells them every 5 s of those that run");
        });
        return command;
    }

    static Option<string> Selector() => new("--selector", "-l") { Description = "only those with these labels: app=web,tier!=db" };

    static Option<bool> NoHeaders() => new("--no-headers") { Description = "leave the head of the table out" };

    static Option<string> SortBy()
    {
        var option = new Option<string>("--sort-by") { Description = "cpu or memory, the most first; by name when left out" };
        option.AcceptOnlyFromAmong("cpu", "memory");
        return option;
    }

    static async Task<IReadOnlyList<T>> FindAsync<T>(ClusterConnection cluster, string kind, Query query, string[] names, CancellationToken token)
    {
        var found = new List<T>();
        foreach (var name in names.Length == 0 ? [null] : (string?[])names)
            found.AddRange((await query.FindAsync(cluster, new Target(Kinds.Find(kind)!, name), token)).Cast<T>()); // it is in the list
        return found;
    }

    static IEnumerable<T> Sorted<T>(IEnumerable<T> rows, string? by, Func<T, string> name, Func<T, long> cpu, Func<T, long> memory)
    {
        var named = rows.OrderBy(name, StringComparer.Ordinal);
        return by switch
        {
            "cpu" => named.OrderByDescending(cpu),
            "memory" => named.OrderByDescending(memory),
            _ => named,
        };
    }

    static IReadOnlyList<string> Row(bool everywhere, string @namespace, string[] names, long millicores, long bytes) =>
        [.. everywhere ? (string[])[@namespace] : [], .. names, Cores(millicores), Mebibytes(bytes)];

    static int Show(IReadOnlyList<string> heads, List<IReadOnlyList<string>> rows, bool withHeads, string none)
    {
        if (rows.Count > 0) Console.Write(TextTable.Text(heads, rows, withHeads));
        else Console.Error.WriteLine(none);
        return 0;
    }

    static long CpuOf(PodMetrics pod) => pod.Containers.Sum(container => container.CpuMillicores);

    static long MemoryOf(PodMetrics pod) => pod.Containers.Sum(container => container.MemoryBytes);

    static string Cores(long millicores) => string.Create(CultureInfo.InvariantCulture, $"{millicores}m");

    static string Mebibytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / BytesPerMebibyte}Mi");

    static string Percent(long part, long whole) => whole <= 0 ? Unknown : string.Create(CultureInfo.InvariantCulture, $"{100 * part / whole}%");
}
