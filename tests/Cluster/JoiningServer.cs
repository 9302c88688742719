using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>A server alone, and a machine beside it that belongs to nobody yet.</summary>
public sealed class JoiningServer : IAsyncLifetime
{
    Lan? _lan;
    Joined? _joined;

    public Lan Lan => _lan!; // made before the first test

    public LanHost Server => Lan.Hosts[0];

    public LanHost Newcomer => Lan.Hosts[1];

    public LanHost Member => Lan.Hosts[2];

    public string Address => $"{Server.Address}:6440";

    /// <summary>What the user of the cluster works with.</summary>
    public string Config => _joined!.Config; // as above

    public async Task InitializeAsync()
    {
        _lan = await Lan.MakeAsync(hosts: 3);
        Server.Start("server", "--name", Server.Name, "--advertise", Server.Address);
        _joined = new Joined(Lan);
        await _joined.FollowAsync(Server);
        await JoinAsync(Member, await TokenAsync("agent"));
    }

    public async Task DisposeAsync() => await Lan.DisposeAsync();

    public async Task JoinAsync(LanHost host, string token, params IReadOnlyList<string> options)
    {
        host.Start(["agent", "--name", host.Name, "--advertise", host.Address, "--join", Address, "--token", token, .. options]);
        await Eventually.HoldsAsync(async () => (await NodesAsync()).Any(line => line.StartsWith($"{host.Name} ", StringComparison.Ordinal) && line.Contains(" Ready ", StringComparison.Ordinal)), $"{host.Name} joins", Lan.LogTails);
    }

    /// <summary>Has a machine of its own for an ingress join, and go again.</summary>
    /// <returns>The file with its certificate and key.</returns>
    public async Task<string> IngressAsync(string name = "edge", string? token = null)
    {
        var pem = $"{Lan.Directory}/{name}/pki/node.pem";
        if (File.Exists(pem)) return pem;
        await using var ingress = RunningProgram.Start(Member.Namespace.Enter(
            Programs.Orchd, "ingress", "--name", name, "--advertise", Member.Address, "--data-dir", $"{Lan.Directory}/{name}", "--port", "7440", "--ingress-port", "8080", "--ingress-tls-port", "8443",
            "--join", Address, "--token", token ?? await TokenAsync("ingress")));
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(pem)), "an ingress", () => ingress.Output);
        return pem;
    }

    public async Task<string> TokenAsync(string role, params IReadOnlyList<string> options) => (await OrchAsync(["token", "create", "--role", role, "-q", .. options])).Succeeded().Output.Trim();

    public async Task<IReadOnlyList<string>> NodesAsync() => (await OrchAsync("get", "nodes", "--no-headers")).Lines;

    public Task<ShellResult> OrchAsync(params IReadOnlyList<string> arguments) => Shell.TryAsync(_joined!.OrchCommand([Server], arguments)); // as above
}
