using System.Globalization;

namespace Orchestrator.Testing.Clusters;

/// <summary>
/// Hosts on one network without a way out: an outer network namespace with a bridge, and a namespace with a cable to it for each host. Everything that
/// is made carries the network's id; when it is disposed of, all of it has to be gone.
/// </summary>
public sealed class Lan : IAsyncDisposable
{
    /// <summary>Cgroups of tests stand below this one, in every hierarchy.</summary>
    const string CgroupParent = "/orch-test";

    readonly List<LanHost> _hosts = [];
    readonly List<string> _namespaces = [];

    Lan(string id, NetworkNamespace outer) => (Id, Outer) = (id, outer);

    public string Id { get; }

    /// <summary>Where users and registries are: it reaches every host.</summary>
    public NetworkNamespace Outer { get; }

    public static string OuterAddress { get; } = AddressOf(254);

    public IReadOnlyList<LanHost> Hosts => _hosts;

    /// <summary>Short, because paths of unix sockets have to be.</summary>
    public string Directory => $"/tmp/oc-{Id}";

    public string CgroupRoot => $"{CgroupParent}/{Id}";

    public static async Task<Lan> MakeAsync(int hosts)
    {
        var id = Guid.NewGuid().ToString("N")[..6];
        var lan = new Lan(id, await NetworkNamespace.MakeAsync($"oc-{id}"));
        try
        {
            System.IO.Directory.CreateDirectory(lan.Directory);
            lan._namespaces.Add(await lan.Outer.IdAsync());
            await lan.Outer.RunAsync("ip", "link", "add", "lan", "type", "bridge");
            await lan.Outer.RunAsync("ip", "address", "add", $"{OuterAddress}/24", "dev", "lan");
            await lan.Outer.RunAsync("ip", "link", "set", "lan", "up");
            for (var number = 1; number <= hosts; number++) await lan.AddHostAsync(number);
            return lan;
        }
        catch
        {
            await lan.DisposeAsync();
            throw;
        }
    }

    /// <summary>Puts a host to the network or takes its cable out.</summary>
    public Task ConnectAsync(LanHost host, bool connected) => Outer.RunAsync("ip", "link", "set", host.Cable, connected ? "up" : "down");

    /// <summary>The end of every host's log, for a person who looks at a failed test.</summary>
    public string LogTails() => string.Concat(_hosts.Select(host => $"--- the end of the log of {host.Name}\n{host.LogTail()}"));

    /// <exception cref="LeftoverException">Something is left.</exception>
    public async ValueTask DisposeAsync()
    {
        var left = new List<string>();
        foreach (var problems in await Task.WhenAll(_hosts.Select(host => host.TearDownAsync()))) left.AddRange(problems);
        foreach (var host in _hosts)
        {
            await host.Namespace.DeleteAsync();
            await Shell.TryAsync("umount", host.RunDirectory);
        }

        await Outer.DeleteAsync();
        Leftovers.RemoveEmptyCgroup(CgroupRoot);
        Leftovers.RemoveEmptyCgroup(CgroupParent);
        left.AddRange(await Leftovers.FindAsync(Id, _namespaces));
        var tails = left.Count > 0 ? LogTails() : "";
        System.IO.Directory.Delete(Directory, recursive: true);
        if (left.Count > 0) throw new LeftoverException($"{string.Join('\n', left)}\n{tails}");
    }

    async Task AddHostAsync(int number)
    {
        var inside = await NetworkNamespace.MakeAsync($"oc-{Id}-h{number}");
        var host = new LanHost(this, number, AddressOf(number), inside);
        _hosts.Add(host);
        // As /run is on every machine: in memory, and gone with it.
        System.IO.Directory.CreateDirectory(host.RunDirectory);
        await Shell.RunAsync("mount", "-t", "tmpfs", "-o", "mode=0700", "tmpfs", host.RunDirectory);
        _namespaces.Add(await inside.IdAsync());
        await Outer.RunAsync("ip", "link", "add", host.Cable, "type", "veth", "peer", "name", "eth0", "netns", inside.Name);
        await Outer.RunAsync("ip", "link", "set", host.Cable, "master", "lan", "up");
        await inside.RunAsync("ip", "address", "add", $"{host.Address}/24", "dev", "eth0");
        await inside.RunAsync("ip", "link", "set", "eth0", "up");
    }

    static string AddressOf(int number) => "10.88.0." + number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>A test is over and something it made is still there.</summary>
public sealed class LeftoverException(string message) : Exception(message);
