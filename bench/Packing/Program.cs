using Orchestrator.Bench.Packing;

var seeds = args.Length > 1 ? int.Parse(args[1]) : 3;
var scale = args.Length > 0 ? double.Parse(args[0]) : 0.3;
foreach (var mix in Mix.All)
{
    var table = new SortedDictionary<string, List<(double, double, double, double)>>();
    for (var seed = 1; seed <= seeds; seed++)
    {
        var machines = mix.Machines(new Random(seed), scale);
        var typical = Heuristics.Typical(mix, seed + 1000);
        foreach (var (name, chooser) in new (string, Heuristics.Chooser)[]
        {
            ("random", Heuristics.Random(seed)), ("worst fit", Heuristics.WorstFit), ("first fit", Heuristics.FirstFit), ("best fit", Heuristics.BestFit), ("dot product", Heuristics.DotProduct),
            ("FGD exact", Heuristics.Fgd(typical, false)), ("FGD coarse", Heuristics.Fgd(typical, true)),
            ("ours", Ours.Chooser(machines)),
        })
        {
            if (!table.TryGetValue(name, out var list)) table[name] = list = [];
            list.Add(Run(mix, machines, chooser, seed));
        }
    }

    Console.WriteLine(mix.Name);
    foreach (var (name, runs) in table)
        Console.WriteLine($"  {name,-12} gpu@100 {runs.Average(r => r.Item1):0.00}  gpu@130 {runs.Average(r => r.Item2):0.00}  cpu@100 {runs.Average(r => r.Item3):0.00}  cpu@130 {runs.Average(r => r.Item4):0.00}");
}

static (double, double, double, double) Run(Mix mix, IReadOnlyList<Machine> machines, Heuristics.Chooser choose, int seed)
{
    var world = new World(machines);
    var random = new Random(seed * 31);
    double gpus = machines.Sum(each => each.Gpus * 1000.0), cpus = machines.Sum(each => (double)each.Cpu);
    double asked = 0, got = 0, gotCpu = 0, got100 = -1, cpu100 = -1;
    var whole = gpus > 0 ? gpus : cpus;
    while (asked < 1.3 * whole)
    {
        var task = mix.Next(random);
        if (asked >= whole && got100 < 0) (got100, cpu100) = (got, gotCpu);
        asked += gpus > 0 ? task.GpuMilli : task.Cpu;
        var (node, device) = choose(world, task);
        if (node < 0) continue;
        world.Take(node, task, device);
        got += task.GpuMilli;
        gotCpu += task.Cpu;
    }

    return (100 * got100 / Math.Max(1, gpus), 100 * got / Math.Max(1, gpus), 100 * cpu100 / cpus, 100 * gotCpu / cpus);
}
