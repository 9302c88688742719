using System.Diagnostics;
using System.Globalization;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Bench;

/// <summary>
/// A cluster of three hosts that runs one service. What runs where is not asked of it but seen: in the cgroups that each host's containers stand in.
/// </summary>
abstract class Candidate : IAsyncDisposable
{
    /// <summary>Often enough that it says nothing of the result.</summary>
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public abstract string Name { get; }

    public abstract Lan Lan { get; }

    /// <summary>Makes a service of so many containers, on one host or anywhere.</summary>
    public abstract Task DeployAsync(string service, int replicas, LanHost? on = null);

    public abstract Task ScaleAsync(string service, int replicas);

    public abstract Task DeleteAsync(string service);

    /// <summary>All three hosts take containers, and which of them leads.</summary>
    public abstract Task<LanHost> ReadyAsync();

    /// <summary>The processes that stay with containers while they run, of all hosts.</summary>
    public abstract IReadOnlyList<int> Shims();

    /// <summary>The daemons of one host.</summary>
    public abstract IReadOnlyList<int> Daemons(LanHost host);

    public abstract ValueTask DisposeAsync();

    /// <summary>Containers of a service on some of the hosts: each is one process, which carries the service's name.</summary>
    public static int Running(string service, IEnumerable<LanHost> hosts) => hosts.Sum(host => Processes(host).Count(process => IsOf(process, service)));

    /// <summary>In one hierarchy only: to look must not cost what it looks at.</summary>
    static IEnumerable<int> Processes(LanHost host)
    {
        string[] hierarchies = [$"/sys/fs/cgroup/pids{host.CgroupRoot}", $"/sys/fs/cgroup{host.CgroupRoot}"];
        if (hierarchies.FirstOrDefault(Directory.Exists) is not { } group) return [];
        try
        {
            return [.. Directory.EnumerateFiles(group, "cgroup.procs", SearchOption.AllDirectories).SelectMany(File.ReadAllLines).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];
        }
        catch (IOException)
        {
            return []; // one of them has just gone; the next look sees the others
        }
    }

    public async Task<TimeSpan> UntilAsync(Func<bool> holds)
    {
        var clock = Stopwatch.StartNew();
        while (!holds())
        {
            if (clock.Elapsed > Patience) throw new TimeoutException($"{Name}: not within {Patience.TotalMinutes} minutes\n{Lan.LogTails()}");
            await Task.Delay(Look);
        }

        return clock.Elapsed;
    }

    /// <summary>Proportional memory in bytes: what several processes share is divided among them (proc_pid_smaps(5), smaps_rollup).</summary>
    public static long Memory(IEnumerable<int> processes) => processes.Sum(process =>
    {
        const string Proportional = "Pss:";
        try
        {
            var line = File.ReadLines($"/proc/{process}/smaps_rollup").First(line => line.StartsWith(Proportional, StringComparison.Ordinal));
            return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return 0; // it has just ended
        }
    });

    /// <summary>The command of a container of a service.</summary>
    protected static string[] Command(string service) => ["sleep", "100000", .. Enumerable.Repeat("0", service.Length)];

    static bool IsOf(int process, string service)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").TrimEnd('\0').Split('\0').SequenceEqual(Command(service));
        }
        catch (IOException)
        {
            return false; // it has just ended
        }
    }
}
