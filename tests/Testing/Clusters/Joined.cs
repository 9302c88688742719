namespace Orchestrator.Testing.Clusters;

/// <summary>How the hosts of a network become one cluster: the first makes it, and what it then knows lets the others and users in.</summary>
public sealed class Joined(Lan lan)
{
    LanHost? _first;
    string _token = "";

    /// <summary>What users work with, outside of all hosts.</summary>
    public string Config => $"{lan.Directory}/config";

    /// <summary>Waits until a host that was started has made its cluster, and takes a token for servers and what users need.</summary>
    public async Task FollowAsync(LanHost first)
    {
        _first = first;
        await UseAsync(first);
        await Eventually.HoldsAsync(async () => (_token = (await Shell.TryAsync(OrchCommand([first], ["token", "create", "--role", "server", "-q"]))).Output.Trim()).Length > 0, "a token", lan.LogTails);
    }

    /// <summary>Users work with the cluster of this host from now on.</summary>
    public async Task UseAsync(LanHost server)
    {
        var written = Path.Combine(server.DataDirectory, "admin.json");
        await Eventually.HoldsAsync(() => Task.FromResult(File.Exists(written)), $"{written}", lan.LogTails);
        File.Copy(written, Config, overwrite: true);
    }

    /// <summary>The options by which a host's server joins; none for the first. Needed at the first start only, and harmless later.</summary>
    public IReadOnlyList<string> Options(LanHost host) => _first is null || host == _first ? [] : ["--join", $"{_first.Address}:6440", "--token", _token];

    /// <summary>The command line of orch where users are, told of these servers.</summary>
    public IReadOnlyList<string> OrchCommand(IReadOnlyList<LanHost> servers, IReadOnlyList<string> arguments) =>
        lan.Outer.Enter(["env", $"ORCH_SERVER={string.Join(',', servers.Select(host => host.Address))}", $"ORCH_CONFIG={Config}", Programs.Orch, .. arguments]);
}
