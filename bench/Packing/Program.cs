using System.Globalization;
using Orchestrator.Bench;
using Orchestrator.Bench.Packing;

// How much of generated demands each way of choosing nodes gets placed. Everyone is told the same machines in the same order and the same pods one after another;
// MIX names one of them, WAY one of the ways. Those who weigh the usual demand (FGD) know it beforehand, the scheduler has to learn it. The demand goes on to 130 % of what the cluster has.
var scale = Number("SCALE", 0.6);
var seeds = (int)Number("SEEDS", 10);
var way = Environment.GetEnvironmentVariable("WAY");
var results = new List<Result>();
foreach (var mix in Mix.All.Where(mix => mix.Name.Contains(Environment.GetEnvironmentVariable("MIX") ?? "", StringComparison.Ordinal)))
{
    var outcomes = new Dictionary<string, List<Outcome>>();
    var bounds = new List<(double At100, double At130)>();
    for (var seed = 1; seed <= seeds; seed++)
    {
        var machines = mix.Machines(new Random(seed), scale);
        var typical = Heuristics.Typical(mix, seed + 1000);
        bounds.Add((Bound.Of(machines, Outcome.Asked(mix, machines, seed, 1)), Bound.Of(machines, Outcome.Asked(mix, machines, seed, Outcome.Most))));
        foreach (var (name, choose) in new (string Name, Heuristics.Chooser)[]
        {
            ("random", Heuristics.Random(seed)), ("worst fit", Heuristics.WorstFit), ("first fit", Heuristics.FirstFit), ("best fit", Heuristics.BestFit), ("dot product", Heuristics.DotProduct),
            ("FGD exact", Heuristics.Fgd(typical, coarse: false)), ("FGD coarse", Heuristics.Fgd(typical, coarse: true)), ("ours", Ours.Chooser(machines)),
        }.Where(each => way is null || each.Name == way))
        {
            if (!outcomes.TryGetValue(name, out var list)) outcomes[name] = list = [];
            list.Add(Outcome.Of(mix, machines, choose, seed));
        }
    }

    var devices = mix.Fleet.Any(each => each.Machine.Gpus > 0);
    Console.WriteLine($"{mix.Name}: % allocated when 100 % was asked for, at 130 %, cpu at 100 %, nodes in use at 50 %, % of devices stranded at 130 %");
    foreach (var (name, list) in outcomes)
        Console.WriteLine($"  {name,-12} {list.Average(each => each.At100):00.00}  {list.Average(each => each.At130):00.00}  {list.Average(each => each.CpuAt100):00.00}  {list.Average(each => each.NodesAt50):0.0}  {list.Average(each => each.Stranded):0.00}");
    Console.WriteLine($"  {"at most",-12} {bounds.Average(each => each.At100):00.00}  {bounds.Average(each => each.At130):00.00}");
    if (way is not null) continue;
    string[] rivals = ["first fit", "FGD exact", "FGD coarse"];
    var unit = devices ? "% of devices" : "% of cpu";
    var best100 = rivals.Max(name => outcomes[name].Average(each => each.At100));
    var best130 = rivals.Max(name => outcomes[name].Average(each => each.At130));
    results.Add(new Result($"{mix.Name}, 100 % asked", outcomes["ours"].Average(each => each.At100), unit, Peer: best100, Least: best100));
    results.Add(new Result($"{mix.Name}, 100 % asked: of what is possible", 100 * outcomes["ours"].Average(each => each.At100) / bounds.Average(each => each.At100), "%"));
    results.Add(new Result($"{mix.Name}, 130 % asked", outcomes["ours"].Average(each => each.At130), unit, Peer: best130, Least: best130));
    results.Add(new Result($"{mix.Name}, 130 % asked: of what is possible", 100 * outcomes["ours"].Average(each => each.At130) / bounds.Average(each => each.At130), "%"));
}

if (way is null or "ours") Churned();
if (results.Count == 0) return;

Result.Write(results, args.Length > 0 ? args[0] : "/dev/null");

void Churned()
{
    Machine[] machines = [.. Enumerable.Repeat(new Machine(32000, 131072, 0, ""), 40)]; // few, since every look is at the whole cluster
    var mix = Mix.All.Single(each => each.Name == "no devices");
    var churns = Enumerable.Range(1, seeds).Select(seed => Churn.Of(mix, machines, seed)).ToList();
    var rivals = new (string Name, Heuristics.Chooser Choose)[] { ("first fit", Heuristics.FirstFit), ("best fit", Heuristics.BestFit), ("dot product", Heuristics.DotProduct) };
    foreach (var (name, choose) in rivals)
        Console.WriteLine($"churn, {name}: {Enumerable.Range(1, seeds).Average(seed => Churn.Of(mix, machines, seed, choose)):0.0} nodes in use on average");
    var (alone, rebalanced, fewest) = (churns.Average(each => each.Alone), churns.Average(each => each.Rebalanced), churns.Average(each => each.Fewest));
    Console.WriteLine($"churn: {alone:0.0} nodes in use on average, {rebalanced:0.0} when rebalanced ({churns.Average(each => each.Moved):0} moves for 100 pods that come), {fewest:0.0} at least");
    results.Add(new Result("churn: nodes in use, nothing moved", alone, "nodes", Peer: fewest));
    results.Add(new Result("churn: nodes in use, rebalanced", rebalanced, "nodes", Peer: fewest, Goal: alone));
    results.Add(new Result("churn: moves for 100 pods that come", churns.Average(each => each.Moved), ""));
}

static double Number(string name, double usual) => double.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : usual;
