using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Model;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Scheduling;
using Orchestrator.Model.Tables;

namespace Orchestrator.Cli.Commands;

/// <summary>The emptying of one node after the other. The pods are asked to leave, and the cluster lets each go when its replacement serves; here it is only watched.</summary>
sealed class Drain(ClusterConnection cluster)
{
    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    /// <summary>How long nothing may happen until it is said what is waited for.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    public bool IgnoreDaemonSets { get; init; }

    public bool DeleteEmptyDirData { get; init; }

    public bool Force { get; init; }

    public string Selector { get; init; } = "";

    /// <summary>0 waits for ever.</summary>
    public TimeSpan Patience { get; init; }

    public bool DryRun { get; init; }

    /// <exception cref="CliException">Some pods can't go as things are, or they have not gone in time.</exception>
    public async Task RunAsync(string node, CancellationToken token)
    {
        if (!DryRun) await CordonCommand.SetAsync(cluster, node, cordon: true, token);
        var pods = await PodsAsync(node, token);
        Refuse(node, pods);
        var going = pods.Where(pod => !IsDaemon(pod)).ToList();
        var asked = new Dictionary<string, Pod>(StringComparer.Ordinal);
        foreach (var pod in going)
        {
            Console.WriteLine($"evicting pod {pod.Namespace}/{pod.Name}{(DryRun ? " (dry run)" : "")}");
            if (!DryRun && await AskAsync(pod, token)) asked[pod.Metadata.Uid ?? ""] = pod;
        }

        if (!DryRun) await WaitAsync(node, asked, token);
        Console.WriteLine($"node/{node} drained{(DryRun ? " (dry run)" : "")}");
    }

    /// <summary>Every obstacle at once, and what to do about it, in kubectl's terms.</summary>
    void Refuse(string node, IReadOnlyList<Pod> pods)
    {
        var daemons = pods.Where(IsDaemon).ToList();
        var bare = pods.Where(pod => pod.Metadata.Controller() is null && !pod.IsTerminal()).ToList();
        var local = pods.Where(pod => !IsDaemon(pod) && pod.Spec.Volumes.Any(volume => volume.EmptyDir is not null)).ToList();
        var problems = new List<string>();
        if (!IgnoreDaemonSets && daemons.Count > 0) problems.Add($"cannot delete pods of DaemonSets (use --ignore-daemonsets to leave them): {Names(daemons)}");
        if (!Force && bare.Count > 0) problems.Add($"cannot delete pods without an owner, which nobody makes anew (use --force): {Names(bare)}");
        if (!DeleteEmptyDirData && local.Count > 0) problems.Add($"cannot delete pods with emptyDir volumes, whose content is lost (use --delete-emptydir-data): {Names(local)}");
        if (problems.Count > 0) throw new CliException($"node {node} is not drained: {string.Join("; ", problems)}");
    }

    async Task<bool> AskAsync(Pod pod, CancellationToken token)
    {
        try
        {
            await cluster.EditAsync<Pod>(Pod.KindName, pod.Namespace, pod.Name, live => live.Metadata.Uid == pod.Metadata.Uid ? Eviction.Ask(live, TimeProvider.System.GetUtcNow()) : live, token);
            return true;
        }
        catch (RpcException gone) when (gone.StatusCode == StatusCode.NotFound)
        {
            return false;
        }
    }

    async Task WaitAsync(string node, Dictionary<string, Pod> asked, CancellationToken token)
    {
        var clock = TimeProvider.System;
        var (began, moved) = (clock.GetTimestamp(), clock.GetTimestamp());
        while (asked.Count > 0)
        {
            var there = (await PodsAsync(node, token)).Select(pod => pod.Metadata.Uid).ToHashSet(StringComparer.Ordinal);
            foreach (var (uid, pod) in asked.Where(each => !there.Contains(each.Key)).ToList())
            {
                asked.Remove(uid);
                Console.WriteLine($"pod/{pod.Name} evicted");
                moved = clock.GetTimestamp();
            }

            if (asked.Count == 0) return;
            if (Patience > TimeSpan.Zero && clock.GetElapsedTime(began) > Patience)
                throw new CliException($"node {node} is not drained after {Durations.Text(Patience)}; still there: {Names(asked.Values)}. The pods leave when they can; `orch uncordon {node}` lets new ones come");
            if (clock.GetElapsedTime(moved) > Silence)
            {
                Console.WriteLine($"waiting for replacements to be ready and for budgets to allow it: {Names(asked.Values)}");
                moved = clock.GetTimestamp();
            }

            await Task.Delay(BetweenLooks, token);
        }
    }

    async Task<IReadOnlyList<Pod>> PodsAsync(string node, CancellationToken token) =>
        [.. (await new Query("", Selector).FindAsync(cluster, new Target(Kinds.Find(Pod.KindName)!, null), token)).OfType<Pod>().Where(pod => pod.Spec.NodeName == node)]; // it is in the list

    static bool IsDaemon(Pod pod) => pod.Metadata.Controller()?.Kind == "DaemonSet";

    static string Names(IEnumerable<Pod> pods) => string.Join(", ", pods.Select(pod => $"{pod.Namespace}/{pod.Name}").Order(StringComparer.Ordinal));
}
