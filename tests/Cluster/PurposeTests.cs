using System.Text.Json.Nodes;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>A server, an agent and an ingress on machines of their own: what each one's certificate opens.</summary>
public sealed class PurposeTests
{
    [Fact]
    public async Task An_ingress_of_its_own_serves_sites_over_TLS_and_no_machine_s_certificate_opens_the_API()
    {
        await using var lan = await Lan.MakeAsync(3);
        var (server, node, edge) = (lan.Hosts[0], lan.Hosts[1], lan.Hosts[2]);
        server.Start("server", "--name", server.Name, "--advertise", server.Address);
        var joined = new Joined(lan);
        await joined.FollowAsync(server);
        node.Start("agent", "--name", node.Name, "--advertise", node.Address, "--join", $"{server.Address}:6440", "--token", await TokenAsync("agent"));
        edge.Start("ingress", "--name", edge.Name, "--advertise", edge.Address, "--join", $"{server.Address}:6440", "--token", await TokenAsync("ingress"));
        await Eventually.HoldsAsync(async () => (await OrchAsync("get", "nodes", "--no-headers")).Output.Contains(" Ready ", StringComparison.Ordinal), "the node", lan.LogTails);

        // A site whose pods are somewhere else: the server's own health page.
        var (certificate, key) = (Path.Combine(lan.Directory, "site.pem"), Path.Combine(lan.Directory, "site.key"));
        (await Shell.TryAsync("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=site.example",
            "-addext", "subjectAltName=DNS:site.example", "-keyout", key, "-out", certificate)).Succeeded();
        (await OrchAsync("create", "secret", "tls", "site", "--cert", certificate, "--key", key)).Succeeded();
        var manifest = Path.Combine(lan.Directory, "site.yaml");
        await File.WriteAllTextAsync(manifest, """
            apiVersion: networking.k8s.io/v1
            kind: Ingress
            metadata: {name: site}
            spec:
              tls: [{hosts: [site.example], secretName: site}]
              rules: [{host: site.example, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: nobody, port: {number: 80}}}}]}}]
            """);
        (await OrchAsync("apply", "-f", manifest)).Succeeded();

        // Nobody is behind it, which the ingress says, over a connection that curl has checked the certificate of.
        await Eventually.HoldsAsync(async () => (await edge.CurlAsync("--cacert", certificate, "--resolve", $"site.example:443:{edge.Address}", "-o", "/dev/null", "-w", "%{http_code}", "https://site.example/")).Output == "503", "the site over TLS", lan.LogTails);
        await Eventually.HoldsAsync(async () => (await OrchAsync("get", "ingress", "site", "-o", "yaml")).Output.Contains("there is no service nobody", StringComparison.Ordinal), "what is missing", lan.LogTails);
        Assert.DoesNotContain("PRIVATE KEY", lan.LogTails(), StringComparison.Ordinal);

        foreach (var machine in (LanHost[])[server, node, edge])
        {
            var refused = await Shell.TryAsync(["env", $"ORCH_CONFIG={ContextOf(machine, joined.Config)}", .. server.Namespace.Enter(Programs.Orch, "get", "secrets")]);
            Assert.NotEqual(0, refused.ExitCode);
            Assert.Contains("may not call this", refused.Error, StringComparison.Ordinal);
        }

        async Task<string> TokenAsync(string role) => (await OrchAsync("token", "create", "--role", role, "-q")).Succeeded().Output.Trim();

        Task<ShellResult> OrchAsync(params string[] arguments) => Shell.TryAsync(joined.OrchCommand([server], arguments));
    }

    /// <summary>A context of orch with a machine's own certificate, as somebody has it who broke into the machine.</summary>
    static string ContextOf(LanHost machine, string users)
    {
        var node = File.ReadAllText(Path.Combine(machine.DataDirectory, "pki", "node.pem"));
        var contexts = JsonNode.Parse(File.ReadAllText(users))!; // a server has written it
        foreach (var (_, context) in contexts["contexts"]!.AsObject()) // as above
            (context!["certificate"], context["key"]) = (node, node);
        var path = Path.Combine(machine.DataDirectory, "stolen.json");
        File.WriteAllText(path, contexts.ToJsonString());
        return path;
    }
}
