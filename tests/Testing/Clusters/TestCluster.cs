using System.Text.Json.Nodes;

namespace Orchestrator.Testing.Clusters;

/// <summary>A cluster of real processes: on each host of a network an orchd that is server, agent and ingress.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    readonly Lan _lan;
    readonly IReadOnlyList<string> _options;
    readonly Joined _joined;
    string? _lastFailure;

    TestCluster(Lan lan, IReadOnlyList<string> options) => (_lan, _options, _joined) = (lan, options, new Joined(lan));

    public Lan Lan => _lan;

    public IReadOnlyList<LanHost> Hosts => _lan.Hosts;

    /// <summary>Starts a cluster and waits until all its nodes are ready and have the demo's image.</summary>
    /// <param name="options">More options for every orchd.</param>
    public static async Task<TestCluster> StartAsync(int hosts = 3, params IReadOnlyList<string> options)
    {
        var cluster = new TestCluster(await Lan.MakeAsync(hosts), options);
        try
        {
            cluster.Start(cluster.Hosts[0]);
            await cluster._joined.FollowAsync(cluster.Hosts[0]);
            foreach (var host in cluster.Hosts.Skip(1)) cluster.Start(host);
            await cluster.HoldsAsync(async () => await cluster.ReadyNodesAsync() == hosts, $"{hosts} ready nodes");

            // Servers join one after the other: before all vote, fewer may be lost.
            await cluster.HoldsAsync(async () => (await cluster.TryOrchAsync("cluster", "status")).Output.Contains($"{hosts} of {hosts} servers", StringComparison.Ordinal), $"{hosts} servers that vote");
            await cluster.OrchAsync("image", "import", await TestImage.Hello.ArchiveAsync());
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a host's orchd, for the first time or again.</summary>
    public void Start(LanHost host) => host.Start(["server", "--name", host.Name, "--advertise", host.Address, "--agent", "--ingress", .. _joined.Options(host), .. _options]);

    /// <summary>A new token.</summary>
    public async Task<string> TokenAsync(string role, params string[] options) => (await OrchAsync(["token", "create", "--role", role, "-q", .. options])).Output.Trim();

    /// <summary>The command line of orch where users are, told of these servers or of all.</summary>
    public IReadOnlyList<string> OrchCommand(IReadOnlyList<string> arguments, params IReadOnlyList<LanHost> servers)
    {
        return _joined.OrchCommand(servers.Count > 0 ? servers : Hosts, arguments);
    }

    /// <exception cref="ShellException">orch failed.</exception>
    public async Task<ShellResult> OrchAsync(params IReadOnlyList<string> arguments) => (await TryOrchAsync(arguments)).Succeeded();

    public Task<ShellResult> TryOrchAsync(params IReadOnlyList<string> arguments) => Shell.TryAsync(OrchCommand(arguments));

    /// <summary>Runs orch with one server only.</summary>
    public Task<ShellResult> TryOrchAtAsync(LanHost server, params IReadOnlyList<string> arguments) => Shell.TryAsync(OrchCommand(arguments, server));

    /// <summary>Applies a manifest through all servers, or through one alone.</summary>
    public Task<ShellResult> TryApplyAsync(string manifest, params IReadOnlyList<LanHost> servers) =>
        Shell.TryAsync(manifest, OrchCommand(["apply", "-f", "-"], servers));

    public async Task ApplyAsync(string manifest) => (await TryApplyAsync(manifest)).Succeeded();

    /// <summary>Objects of a kind as JSON; none when no server answers.</summary>
    public async Task<IReadOnlyList<JsonNode>> ListAsync(string kind, params IReadOnlyList<string> arguments)
    {
        var result = await TryOrchAsync(["get", kind, "-o", "json", .. arguments]);
        if (result.ExitCode != 0 || result.Output.Length == 0) return [];
        return [.. JsonNode.Parse(result.Output)!["items"]!.AsArray().OfType<JsonNode>()]; // a list is printed as one
    }

    public async Task<int> ReadyNodesAsync() => (await TryOrchAsync("get", "nodes", "--no-headers")).Lines.Count(line => line.Contains(" Ready ", StringComparison.Ordinal));

    /// <summary>The host whose server leads; null while none does.</summary>
    public async Task<LanHost?> LeaderAsync()
    {
        var version = (await TryOrchAsync("version")).Output;
        return Hosts.FirstOrDefault(host => version.Contains($"; {host.Name} leads", StringComparison.Ordinal));
    }

    public Task<LanHost> SomeLeaderAsync() => GetAsync(LeaderAsync, "a leader");

    /// <summary>The page of a site through a host's ingress, with the status as the last line.</summary>
    public Task<ShellResult> PageAsync(LanHost through, string site) =>
        _lan.Outer.TryAsync("curl", "-s", "-m", "5", "-w", "%{http_code}\n", "-H", $"Host: {site}", $"http://{through.Address}/");

    public async Task<string> StatusOfPageAsync(LanHost through, string site) => (await PageAsync(through, site)) is { Lines: [.., var status] } ? status : "";

    public Task HoldsAsync(Func<Task<bool>> condition, string what) => GuardAsync(() => Eventually.HoldsAsync(condition, what, _lan.LogTails));

    public async Task<T> GetAsync<T>(Func<Task<T?>> value, string what)
        where T : class
    {
        T? found = null;
        await GuardAsync(async () => found = await Eventually.GetAsync(value, what, _lan.LogTails));
        return found!; // else GuardAsync has thrown
    }

    /// <exception cref="LeftoverException">Something is left, or orchd did not end well.</exception>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _lan.DisposeAsync();
        }
        catch (LeftoverException left) when (_lastFailure is not null)
        {
            // An exception of the disposal hides the test's own.
            throw new LeftoverException($"{_lastFailure}\nand then: {left.Message}");
        }
    }

    async Task GuardAsync(Func<Task> wait)
    {
        try
        {
            await wait();
        }
        catch (TimeoutException late)
        {
            _lastFailure = late.Message;
            throw;
        }
    }
}
