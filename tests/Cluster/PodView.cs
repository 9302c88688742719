using System.Text.Json.Nodes;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>What orch shows of a pod, as far as the tests ask for it.</summary>
sealed record PodView(string Name, string Uid, string App, string? Node, string? Ip, string? Phase, bool Ready, bool GoesAway, int Restarts)
{
    public static async Task<IReadOnlyList<PodView>> OfAppAsync(TestCluster cluster, string app) => [.. (await cluster.ListAsync("pods", "-l", $"app={app}")).Select(Read)];

    /// <summary>As it was at a revision.</summary>
    public static async Task<IReadOnlyList<PodView>> OfAppAsync(TestCluster cluster, string app, long revision)
    {
        var result = await cluster.OrchAsync("get", "pods", "-l", $"app={app}", "-o", "json", "--at", revision.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return [.. JsonNode.Parse(result.Output)!["items"]!.AsArray().OfType<JsonNode>().Select(Read)]; // a list is printed as one
    }

    public static async Task<PodView?> FindAsync(TestCluster cluster, string name) =>
        (await cluster.ListAsync("pods")).Select(Read).FirstOrDefault(pod => pod.Name == name);

    /// <summary>Waits until just so many pods of an app are ready and no other is there.</summary>
    public static Task<IReadOnlyList<PodView>> ReadyAsync(TestCluster cluster, string app, int count) => cluster.GetAsync(async () =>
    {
        var pods = await OfAppAsync(cluster, app);
        return pods.Count == count && pods.All(pod => pod.Ready && !pod.GoesAway) ? pods : null;
    }, $"{count} ready pods of {app}");

    static PodView Read(JsonNode pod)
    {
        var status = pod["status"];
        var conditions = status?["conditions"]?.AsArray() ?? [];
        var ready = conditions.Any(each => (string?)each?["type"] == "Ready" && (string?)each["status"] == "True");
        return new PodView(
            (string)pod["metadata"]!["name"]!, // every object has one
            (string)pod["metadata"]!["uid"]!, // every object has one
            (string?)pod["metadata"]?["labels"]?["app"] ?? "",
            (string?)pod["spec"]?["nodeName"],
            (string?)status?["podIP"],
            (string?)status?["phase"],
            ready,
            pod["metadata"]?["deletionTimestamp"] is not null,
            (int?)status?["containerStatuses"]?[0]?["restartCount"] ?? 0);
    }
}
