using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Faults.Traffic;
using Orchestrator.Model;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Faults.Processes;

/// <summary>
/// Kills, pauses and restarts the members of a cluster, parts them, turns their clocks and fills their disks, one fault after the other, and goes on only when writes were
/// acknowledged during the fault and after it: a store that has stopped for good is found, too.
/// </summary>
sealed class Nemesis(StoreProcesses cluster, Lan lan, Trial trial)
{
    readonly Random _random = new(trial.Seed);

    public int LeaderKills { get; private set; }

    public async Task RunAsync(int leaderKills)
    {
        while (LeaderKills < leaderKills)
        {
            await ProgressAsync();
            var leader = await cluster.LeaderAsync();
            var followers = cluster.All.Where(process => process != leader).ToArray();
            var follower = followers[_random.Next(followers.Length)];
            switch (_random.Next(24))
            {
                case < 6:
                    await KillAsync(leader);
                    LeaderKills++;
                    break;
                case < 7:
                    await KillAsync(follower);
                    break;
                case < 9:
                    await PauseAsync(leader);
                    break;
                case < 10:
                    await PausedThroughKillAsync(leader, follower);
                    LeaderKills++;
                    break;
                case < 15:
                    await PartAsync(leader, followers);
                    break;
                case < 17:
                    await TurnClockAsync(_random.Next(2) == 0 ? leader : follower);
                    break;
                case < 19:
                    await FillDiskAsync(follower);
                    break;
                case < 20:
                    await FillLeadersDiskAsync(leader);
                    break;
                case < 21:
                    await CutPowerAsync(follower);
                    break;
                case < 22:
                    await CutPowerAsync(leader);
                    LeaderKills++;
                    break;
                case < 23:
                    await CutPowerAsync(cluster.All);
                    LeaderKills++;
                    break;
                default:
                    await KillAllAsync();
                    LeaderKills++;
                    break;
            }
        }
    }

    async Task KillAsync(StoreProcess process)
    {
        Note("kill", process);
        await process.KillAsync();
        await ProgressAsync();
        await process.StartAsync();
    }

    async Task PauseAsync(StoreProcess process)
    {
        Note("pause", process);
        process.Pause();
        try
        {
            await ProgressAsync();
        }
        finally
        {
            process.Continue();
        }
    }

    /// <summary>A follower sleeps while the others write, and wakes up to elect with one of them: it must not have forgotten, nor the other.</summary>
    async Task PausedThroughKillAsync(StoreProcess leader, StoreProcess follower)
    {
        Note("pause", follower);
        follower.Pause();
        await ProgressAsync();
        Note("kill", leader);
        leader.Strike();
        follower.Continue();
        await leader.KillAsync();
        await ProgressAsync();
        await leader.StartAsync();
    }

    async Task KillAllAsync()
    {
        foreach (var process in cluster.All)
        {
            Note("kill", process);
            process.Strike();
        }

        foreach (var process in cluster.All) await process.KillAsync();
        await Task.WhenAll(cluster.All.OrderBy(_ => _random.Next()).Select(process => process.StartAsync()));
    }

    /// <summary>Members don't hear each other, in one of the ways that this happens. A majority that does is always left.</summary>
    async Task PartAsync(StoreProcess leader, StoreProcess[] followers)
    {
        var minority = cluster.All.Length / 2;
        var mixed = followers.OrderBy(_ => _random.Next()).ToArray();
        var (what, cuts) = _random.Next(5) switch
        {
            0 => ("cut off, with the leader,", Both([leader, .. mixed[..(minority - 1)]], mixed[(minority - 1)..])),
            1 => ("cut off", Both(mixed[..minority], [leader, .. mixed[minority..]])),
            2 => ("nobody hears", followers.Select(follower => (leader, follower))),
            3 => ("hears nobody:", followers.Select(follower => (follower, leader))),
            _ => ("only one member joins two halves, one has", Both([leader, .. mixed[..(minority - 1)]], mixed[minority..])),
        };
        var all = cuts.ToList();
        Note(what, leader);
        try
        {
            foreach (var from in all.GroupBy(cut => cut.Item1)) await HostOf(from.Key).Namespace.RunAsync("nft", $"table ip cut {{ chain out {{ type filter hook output priority 0; ip daddr {{ {string.Join(", ", from.Select(cut => HostOf(cut.Item2).Address))} }} drop; }}; }}");
            await ProgressAsync();
        }
        finally
        {
            foreach (var from in all.Select(cut => cut.Item1).Distinct()) await HostOf(from).Namespace.RunAsync("nft", "delete table ip cut");
        }

        static IEnumerable<(StoreProcess, StoreProcess)> Both(StoreProcess[] ones, StoreProcess[] others) =>
            ones.SelectMany(one => others.SelectMany(other => ((StoreProcess, StoreProcess)[])[(one, other), (other, one)]));
    }

    /// <summary>A member comes back with a clock that is off, and keeps it until it is killed again.</summary>
    async Task TurnClockAsync(StoreProcess process)
    {
        process.Clock = $"{(_random.Next(2) == 0 ? '+' : '-')}{_random.Next(1, 1_000_000)}s";
        await KillAsync(process);
        Note($"its clock is off by {process.Clock}:", process);
        process.Clock = null;
    }

    /// <summary>A member can't write any more for a while.</summary>
    async Task FillDiskAsync(StoreProcess process)
    {
        await WithFullDiskAsync(process, ProgressAsync);
        await KillAsync(process); // what a full disk may have ended comes back
    }

    /// <summary>Nobody's writes are taken for a while, and all that was written can be read.</summary>
    async Task FillLeadersDiskAsync(StoreProcess leader)
    {
        await WithFullDiskAsync(leader, async () =>
        {
            await Eventually.HoldsAsync(async () => await RefusesAsync(leader) || await cluster.LeaderAsync() != leader, "the leader refuses writes");
            Assert.DoesNotContain("error", await leader.AskAsync("objects"), StringComparison.Ordinal);
        });
        await ProgressAsync();
        await trial.HealAsync(leader);
    }

    async Task WithFullDiskAsync(StoreProcess process, Func<Task> meanwhile)
    {
        Note("disk full", process);
        var filler = Path.Combine(cluster.DirectoryOf(Array.IndexOf(cluster.All, process)), "filler");
        await Shell.TryAsync("dd", "if=/dev/zero", $"of={filler}", "bs=1M"); // ends when there is no room
        try
        {
            await meanwhile();
        }
        finally
        {
            File.Delete(filler);
        }
    }

    /// <summary>Asks for what changes nothing on a disk with room either.</summary>
    async Task<bool> RefusesAsync(StoreProcess process)
    {
        var nothing = new Transaction($"full.{_random.Next()}", [new Step(Verb.Put, "nobody", "v")]);
        var answer = await process.AskAsync("command", Convert.ToBase64String(ModelJson.Encode(Translation.Command(nothing))));
        return answer.StartsWith("error DiskFull", StringComparison.Ordinal);
    }

    /// <summary>Machines lose their power, one after the other, and come back with what was flushed.</summary>
    async Task CutPowerAsync(params StoreProcess[] processes)
    {
        foreach (var process in processes.OrderBy(_ => _random.Next()))
        {
            Note("power cut", process);
            process.Pause();
            await DiskOf(process).KeepAsync();
            await process.KillAsync();
        }

        if (processes.Length == 1) await ProgressAsync();
        foreach (var process in processes) await DiskOf(process).ComeBackAsync();
        await Task.WhenAll(processes.Select(process => process.StartAsync()));
    }

    LossyDisk DiskOf(StoreProcess process) => cluster.DiskOf(Array.IndexOf(cluster.All, process));

    LanHost HostOf(StoreProcess process) => lan.Hosts[Array.IndexOf(cluster.All, process)];

    Task ProgressAsync() => trial.ProgressAsync();

    void Note(string what, StoreProcess process) => trial.Note(what, process);
}
