using System.Diagnostics;

namespace Orchestrator.Bench;

/// <summary>One replica becomes a hundred on one host: how many a second, and what each costs in memory beside itself.</summary>
static class Growth
{
    const int Replicas = 100;

    const string Service = "growing-up";

    const double RateGoal = 10, MemoryGoal = 1;

    const double BytesPerMegabyte = 1 << 20;

    public static async Task<IReadOnlyList<Result>> MeasureAsync(IReadOnlyList<Candidate> candidates)
    {
        var found = new List<(double Rate, double Shims, double Daemons)>();
        foreach (var candidate in candidates)
        {
            var leader = await candidate.ReadyAsync();
            var host = candidate.Lan.Hosts.First(each => each != leader);
            await candidate.DeployAsync(Service, 1, host);
            await candidate.UntilAsync(() => Candidate.Running(Service, [host]) == 1);
            await Task.Delay(TimeSpan.FromSeconds(2)); // until it has come to rest
            var (shims, daemons) = (Candidate.Memory(candidate.Shims()), Candidate.Memory(candidate.Daemons(host)));
            var clock = Stopwatch.StartNew();
            await candidate.ScaleAsync(Service, Replicas);
            await candidate.UntilAsync(() => Candidate.Running(Service, [host]) == Replicas);
            var rate = (Replicas - 1) / clock.Elapsed.TotalSeconds;
            await Task.Delay(TimeSpan.FromSeconds(5)); // likewise
            const double More = Replicas - 1;
            found.Add((rate, (Candidate.Memory(candidate.Shims()) - shims) / More / BytesPerMegabyte, (Candidate.Memory(candidate.Daemons(host)) - daemons) / More / BytesPerMegabyte));
            Console.WriteLine($"{candidate.Name}: 1 -> {Replicas} replicas at {rate:0.0} a second");
            await candidate.DeleteAsync(Service);
            await candidate.UntilAsync(() => Candidate.Running(Service, [host]) == 0);
        }

        return
        [
            new Result("1 -> 100 replicas on one host", found[0].Rate, "replicas/s", found[1].Rate),
            new Result("1 -> 100 replicas on one host, of the peer's rate", found[0].Rate / found[1].Rate, "ratio", 1, Least: RateGoal),
            new Result("memory of the shim for each container", found[0].Shims, "MiB", found[1].Shims, MemoryGoal),
            new Result("memory of the daemons for each further container", found[0].Daemons, "MiB", found[1].Daemons),
        ];
    }
}
