namespace Orchestrator.Bench.Packing;

/// <summary>What a way of choosing nodes came to: shares of the cluster in percent, of devices where there are any, else of cpu.</summary>
/// <param name="NodesAt50">Nodes in use when half of the cluster was asked for.</param>
/// <param name="Stranded">Devices, or cpu, that are still free when 130 % was asked for.</param>
sealed record Outcome(double At100, double At130, double CpuAt100, double NodesAt50, double Stranded)
{
    public const double Most = 1.3;

    /// <summary>The pods that come until a share of the cluster is asked for.</summary>
    public static IReadOnlyList<Task> Asked(Mix mix, IReadOnlyList<Machine> machines, int seed, double share)
    {
        var random = new Random(seed * 31);
        double gpus = machines.Sum(each => each.Gpus * 1000.0), whole = gpus > 0 ? gpus : machines.Sum(each => (double)each.Cpu), asked = 0;
        var tasks = new List<Task>();
        while (asked < share * whole)
        {
            tasks.Add(mix.Next(random));
            asked += gpus > 0 ? tasks[^1].GpuMilli : tasks[^1].Cpu;
        }

        return tasks;
    }

    public static Outcome Of(Mix mix, IReadOnlyList<Machine> machines, Heuristics.Chooser choose, int seed)
    {
        var world = new World(machines);
        double gpus = machines.Sum(each => each.Gpus * 1000.0), cpus = machines.Sum(each => (double)each.Cpu);
        var whole = gpus > 0 ? gpus : cpus;
        double asked = 0, got = 0, gotCpu = 0;
        double? at100 = null, cpuAt100 = null, nodesAt50 = null;
        var used = new HashSet<int>();
        foreach (var task in Asked(mix, machines, seed, Most))
        {
            if (asked >= whole / 2) nodesAt50 ??= used.Count;
            if (asked >= whole) (at100, cpuAt100) = (at100 ?? got, cpuAt100 ?? gotCpu);
            asked += gpus > 0 ? task.GpuMilli : task.Cpu;
            var (node, device) = choose(world, task);
            if (node < 0) continue;
            if (!world.Fits(node, task)) throw new InvalidOperationException($"{task} does not fit node {node}");
            world.Take(node, task, device);
            used.Add(node);
            got += gpus > 0 ? task.GpuMilli : task.Cpu;
            gotCpu += task.Cpu;
        }

        return new Outcome(100 * (at100 ?? got) / whole, 100 * got / whole, 100 * (cpuAt100 ?? gotCpu) / cpus, nodesAt50 ?? used.Count, 100 * (1 - (got / whole)));
    }
}
