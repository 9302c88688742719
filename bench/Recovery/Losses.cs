namespace Orchestrator.Bench;

/// <summary>A host is cut off from the others: how long until everything runs elsewhere. Not the leader: what losing that costs is failover-store's.</summary>
static class Losses
{
    const int Replicas = 6;

    const string Service = "lost";

    const double GoalSeconds = 4;

    public static async Task<IReadOnlyList<Result>> MeasureAsync(IReadOnlyList<Candidate> candidates, int rounds)
    {
        var times = candidates.ToDictionary(candidate => candidate, _ => new List<double>());
        foreach (var candidate in candidates)
        {
            await candidate.ReadyAsync();
            await candidate.DeployAsync(Service, Replicas);
            await candidate.UntilAsync(() => Candidate.Running(Service, candidate.Lan.Hosts) == Replicas);
        }

        for (var round = 1; round <= rounds; round++)
        {
            foreach (var candidate in candidates)
            {
                var took = await OnceAsync(candidate);
                times[candidate].Add(took.TotalSeconds);
                Console.WriteLine($"round {round}, {candidate.Name}: {took.TotalSeconds:0.00} s");
            }
        }

        foreach (var candidate in candidates) await candidate.DeleteAsync(Service);
        var (own, peer) = (times[candidates[0]], times[candidates[1]]);
        return
        [
            new Result("host cut off: until all 6 replicas run elsewhere, p50", Median(own), "s", Median(peer), GoalSeconds),
            new Result("host cut off: until all 6 replicas run elsewhere, max", own.Max(), "s", peer.Max()),
        ];
    }

    static async Task<TimeSpan> OnceAsync(Candidate candidate)
    {
        var leader = await candidate.ReadyAsync();
        await Task.Delay(TimeSpan.FromMilliseconds(1000 + Random.Shared.Next(1000))); // so that it does not fall on the same moment of a beat
        var lost = candidate.Lan.Hosts.Where(host => host != leader).MaxBy(host => Candidate.Running(Service, [host]))!; // there are two
        var others = candidate.Lan.Hosts.Where(host => host != lost).ToList();
        await candidate.Lan.ConnectAsync(lost, connected: false);
        var took = await candidate.UntilAsync(() => Candidate.Running(Service, others) == Replicas);
        await candidate.Lan.ConnectAsync(lost, connected: true);
        await candidate.ReadyAsync();
        await candidate.UntilAsync(() => Candidate.Running(Service, candidate.Lan.Hosts) == Replicas); // what was cut off has stopped what is no longer its own
        return took;
    }

    internal static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
