using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Grpc.Core;
using Orchestrator.Contracts;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Whoever has an agent's certificate gets at that node's pods and at nothing else. Kubernetes calls the rule NodeRestriction.</summary>
public sealed class CompromisedAgentTests(JoiningServer cluster) : IClassFixture<JoiningServer>
{
    const string Secret = "planted-f00d5ecre7";

    [Fact]
    public async Task An_agent_speaks_for_its_own_node_only()
    {
        using var channel = Intruder.WithFile(cluster.Lan.Outer, "an agent", Pem(cluster.Member)).Channel(Api);
        using var session = new Nodes.NodesClient(channel).Session();
        await session.RequestStream.WriteAsync(Hello("somebody-else"));
        var refused = await Assert.ThrowsAsync<RpcException>(() => session.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
        Assert.Contains("an agent speaks for its own node only", refused.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_agent_hears_of_its_own_pods_and_secrets_only_and_says_nothing_about_those_of_others()
    {
        // A pod with a secret that waits for its image on the other node.
        await cluster.JoinAsync(cluster.Newcomer, await cluster.TokenAsync("agent"));
        var manifest = Path.Combine(cluster.Lan.Directory, "theirs.yaml");
        await File.WriteAllTextAsync(manifest, $$"""
            apiVersion: v1
            kind: Secret
            metadata: {name: theirs}
            stringData: {key: {{Secret}}}
            ---
            apiVersion: v1
            kind: Pod
            metadata: {name: theirs}
            spec:
              nodeName: {{cluster.Newcomer.Name}}
              containers: [{name: main, image: "{{Lan.OuterAddress}}:1/nothing:1", envFrom: [{secretRef: {name: theirs} }]}]
            """);
        (await cluster.OrchAsync("apply", "-f", manifest)).Succeeded();
        await Eventually.HoldsAsync(async () => await PodAsync("spec", "nodeName") == cluster.Newcomer.Name, "the pod on its node", cluster.Lan.LogTails);
        var uid = await PodAsync("metadata", "uid");

        // The agent itself is away, so that nothing but the intruder speaks with its certificate.
        await cluster.Member.StopAsync();
        using var channel = Intruder.WithFile(cluster.Lan.Outer, "an agent", Pem(cluster.Member)).Channel(Api);
        using var session = new Nodes.NodesClient(channel).Session();
        await session.RequestStream.WriteAsync(Hello(cluster.Member.Name));
        List<ServerMessage> heard = [];
        while (!heard.Any(message => message.Pods is not null) || !heard.Any(message => message.Peers is not null))
        {
            Assert.True(await session.ResponseStream.MoveNext(default));
            heard.Add(session.ResponseStream.Current);
        }

        var bytes = Encoding.Latin1.GetString([.. heard.SelectMany(message => message.ToByteArray())]);
        Assert.Contains(cluster.Newcomer.Address, bytes, StringComparison.Ordinal); // where the other nodes are it is to hear
        Assert.DoesNotContain(Secret, bytes, StringComparison.Ordinal);
        Assert.DoesNotContain(Convert.ToBase64String(Encoding.ASCII.GetBytes(Secret)), bytes, StringComparison.Ordinal);
        Assert.DoesNotContain("theirs", bytes, StringComparison.Ordinal);

        foreach (var removed in (bool[])[false, true])
        {
            using var liar = new Nodes.NodesClient(channel).Session();
            await liar.RequestStream.WriteAsync(Hello(cluster.Member.Name));
            Assert.True(await liar.ResponseStream.MoveNext(default));
            var lie = new PodReport { Namespace = "default", Name = "theirs", Uid = uid, Status = ByteString.CopyFromUtf8("""{"phase":"Failed"}"""), Removed = removed };
            await liar.RequestStream.WriteAsync(new AgentMessage { Report = new Report { Sequence = 1, Pods = { lie } } });
            var refused = await Assert.ThrowsAsync<RpcException>(async () =>
            {
                while (await liar.ResponseStream.MoveNext(default)) Assert.Null(liar.ResponseStream.Current.Reported);
            });
            Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
            Assert.Contains($"is not a pod of node {cluster.Member.Name}", refused.Status.Detail, StringComparison.Ordinal);
        }

        Assert.Equal("Pending", await PodAsync("status", "phase"));
    }

    IPEndPoint Api => new(IPAddress.Parse(cluster.Server.Address), 6440);

    async Task<string?> PodAsync(string part, string field) => JsonNode.Parse((await cluster.OrchAsync("get", "pod", "theirs", "-o", "json")).Output)?[part]?[field]?.ToString();

    static AgentMessage Hello(string node) => new()
    {
        Hello = new Hello { Node = new ResourceMessage { Kind = "Node", Name = node, Json = ByteString.CopyFromUtf8($$$"""{"apiVersion":"v1","kind":"Node","metadata":{"name":"{{{node}}}"}}""") }, TakesChanges = true },
    };

    static string Pem(LanHost host) => Path.Combine(host.DataDirectory, "pki", "node.pem");
}
