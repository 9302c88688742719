using System.Globalization;
using System.Text.RegularExpressions;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Tests.Store;
using Orchestrator.Testing;

namespace Orchestrator.Faults.Processes;

/// <summary>Brings a member to a place in the store where it was told to stop, wait or fail, each kind of place by its own way, and goes on when the cluster is well again.</summary>
sealed class Places(StoreProcesses cluster, Trial trial)
{
    public async Task RunAsync(Failpoint place, string what)
    {
        var text = $"{place}:{what}";
        var victim = place switch
        {
            Failpoint.Restoring => await StartedAnewAsync(text),
            Failpoint.SnapshotReceiving or Failpoint.SnapshotReceived or Failpoint.SnapshotLoading => await LeftBehindAsync(text),
            Failpoint.Truncating => await DeposedAsync(text),
            Failpoint.Receiving or Failpoint.Flushing or Failpoint.Acknowledging or Failpoint.Forwarding => await ReachedAsync(text, leads: false),
            _ => await ReachedAsync(text, leads: true),
        };
        trial.Note(text, victim);
        await trial.ProgressAsync();
        foreach (var member in cluster.All) await trial.HealAsync(member);
    }

    /// <summary>What a leader or a follower comes to by itself.</summary>
    async Task<StoreProcess> ReachedAsync(string text, bool leads)
    {
        StoreProcess? victim = null;
        var before = 0;
        await Eventually.HoldsAsync(
            async () =>
            {
                if (victim is not null && Count(victim, text) > before) return true;
                var leader = await cluster.LeaderAsync();
                if (victim is not null && victim == leader == leads) return false;
                if (victim is not null && await victim.AskAsync("spare") != "ok") return false; // it is there already
                if (victim is not null && Count(victim, text) > before) return true;
                victim = leads ? leader : cluster.All.First(process => process != leader);
                before = Count(victim, text);
                await victim.AskAsync("fail", text);
                return false;
            },
            text,
            () => string.Join('\n', cluster.All.Select(process => process.Errors)));
        return victim!;
    }

    /// <summary>A member that starts on the data it has.</summary>
    async Task<StoreProcess> StartedAnewAsync(string text)
    {
        var victim = await FollowerAsync();
        await victim.KillAsync();
        await StartArmedAsync(victim, text);
        return victim;
    }

    /// <summary>A member that was away for so long that the others don't have the log any more that it lacks.</summary>
    async Task<StoreProcess> LeftBehindAsync(string text)
    {
        var victim = await FollowerAsync();
        var had = long.Parse((await victim.AskAsync("last")).Split(' ')[0], CultureInfo.InvariantCulture);
        await victim.KillAsync();
        await trial.ProgressAsync();
        await Eventually.HoldsAsync(
            async () =>
            {
                var leader = await cluster.LeaderAsync();
                await leader.AskAsync("snapshot");
                return await SnapshotAsync(leader) > had;
            },
            "a snapshot of what the member lacks");
        await StartArmedAsync(victim, text);
        return victim;
    }

    /// <summary>A leader that has written what the others never had, and finds another leader. Sometimes one of them had it after all; then it is done again.</summary>
    async Task<StoreProcess> DeposedAsync(string text)
    {
        StoreProcess? deposed = null;
        await Eventually.HoldsAsync(
            async () =>
            {
                deposed = await cluster.LeaderAsync();
                var before = Count(deposed, text);
                await deposed.AskAsync("fail", text);
                await DeposeAsync(deposed);
                await Eventually.HoldsAsync(async () => Count(deposed, text) > before || await Trial.IsWellAsync(deposed), "the old leader follows");
                await deposed.AskAsync("spare");
                return Count(deposed, text) > before;
            },
            text);
        return deposed!;
    }

    async Task DeposeAsync(StoreProcess leader)
    {
        var followers = cluster.All.Where(process => process != leader).ToArray();
        foreach (var follower in followers) follower.Pause();
        await Eventually.HoldsAsync(async () => await HasMoreAsync(leader) || !(await leader.AskAsync("state")).EndsWith("True", StringComparison.Ordinal), "an entry that nobody else has");
        leader.Pause();
        foreach (var follower in followers) await follower.KillAsync(); // with what has been sent to it and not been read
        await Task.WhenAll(followers.Select(follower => follower.StartAsync()));
        await trial.ProgressAsync();
        leader.Continue();
    }

    async Task StartArmedAsync(StoreProcess victim, string text)
    {
        var before = Count(victim, text);
        victim.Failpoint = text;
        try
        {
            await victim.StartAsync();
        }
        catch (IOException) when (Count(victim, text) > before)
        {
            // It came to the place before it was up.
        }
        finally
        {
            victim.Failpoint = null;
        }

        await Eventually.HoldsAsync(() => Count(victim, text) > before, text);
    }

    async Task<StoreProcess> FollowerAsync()
    {
        var leader = await cluster.LeaderAsync();
        return cluster.All.First(process => process != leader);
    }

    /// <summary>Whether it has written what is not committed.</summary>
    static async Task<bool> HasMoreAsync(StoreProcess process) => !(await process.AskAsync("last")).EndsWith(" 0", StringComparison.Ordinal);

    static async Task<long> SnapshotAsync(StoreProcess process) =>
        await process.AskAsync("state") is var state && state != "gone" ? long.Parse(state.Split(' ')[3], CultureInfo.InvariantCulture) : 0;

    static int Count(StoreProcess process, string text) => Regex.Count(process.Errors, Regex.Escape(ArmedFailpoint.Reached(text)));
}
