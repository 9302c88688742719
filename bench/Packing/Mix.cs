namespace Orchestrator.Bench.Packing;

/// <summary>A machine of a generated cluster. Cpu in millicores, memory in MiB.</summary>
sealed record Machine(int Cpu, int Memory, int Gpus, string Model);

/// <summary>A pod of a generated demand.</summary>
/// <param name="Share">Thousandths of one device.</param>
/// <param name="Models">The device models it can use; empty for all.</param>
sealed record Task(int Cpu, int Memory, int Gpus, int Share, string[] Models)
{
    public int GpuMilli => (Gpus * 1000) + Share;

    public bool Fits(Machine machine) => Models.Length == 0 || Models.Contains(machine.Model);
}

/// <summary>A generated cluster and a demand that goes on until it is a given share of what the cluster has.</summary>
sealed record Mix(string Name, IReadOnlyList<(Machine Machine, int Count)> Fleet, IReadOnlyList<(Func<Random, Task> Make, double Weight)> Demand)
{
    public IReadOnlyList<Machine> Machines(Random random, double scale)
    {
        Machine[] machines = [.. Fleet.SelectMany(each => Enumerable.Repeat(each.Machine, Math.Max(1, (int)Math.Round(each.Count * scale))))];
        random.Shuffle(machines);
        return machines;
    }

    public Task Next(Random random)
    {
        var at = random.NextDouble() * Demand.Sum(each => each.Weight);
        foreach (var (make, weight) in Demand)
            if ((at -= weight) < 0) return make(random);
        return Demand[^1].Make(random);
    }

    static T Any<T>(Random random, params T[] choices) => choices[random.Next(choices.Length)];

    static Func<Random, Task> Cpu(params int[] cores) => random =>
    {
        var c = Any(random, cores);
        return new Task(c * 1000, c * 1024 * Any(random, 1, 2, 4, 6), 0, 0, []);
    };

    static Func<Random, Task> Share(int[] shares, params string[] models) => random =>
    {
        var share = Any(random, shares);
        return new Task(1000 * Any(random, 2, 4, 6, 8), 1024 * Any(random, 4, 8, 16, 24, 32), 0, share, models);
    };

    static Func<Random, Task> Whole(int gpus, int[] coresEach, params string[] models) => random =>
    {
        var c = Any(random, coresEach) * gpus;
        return new Task(c * 1000, c * 1024 * Any(random, 2, 4), gpus, 0, models);
    };

    static Func<Random, Task> Heavy(params string[] models) => random => new Task(1000 * Any(random, 16, 24, 30), 1024 * Any(random, 48, 64, 96), 1, 0, models);

    static readonly int[] Finely = [50, 100, 150, 200, 250, 300, 400, 460, 500, 600, 700, 800, 900];
    static readonly int[] Coarsely = [250, 500, 750];

    static readonly (Machine, int)[] Models =
    [
        (new Machine(96000, 393216, 8, "V100"), 60), (new Machine(64000, 262144, 2, "P100"), 60), (new Machine(96000, 393216, 8, "G2"), 120),
        (new Machine(128000, 786432, 8, "G3"), 12), (new Machine(64000, 131072, 4, "T4"), 110), (new Machine(32000, 262144, 1, "A10"), 12), (new Machine(94000, 262144, 0, ""), 90),
    ];

    static readonly (Machine, int)[] OneModel = [(new Machine(96000, 393216, 8, "G2"), 120), (new Machine(64000, 131072, 4, "T4"), 60), (new Machine(94000, 262144, 0, ""), 30)];

    public static IReadOnlyList<Mix> All { get; } =
    [
        new("shares and singles", Models, [(Cpu(1, 2, 4, 8), 13), (Share(Finely), 38), (Whole(1, [4, 6, 8, 12]), 46), (Whole(2, [4, 8]), 1), (Whole(4, [6, 8]), 0.6), (Whole(8, [6, 8, 10]), 1.5)]),
        new("many devices each", Models, [(Cpu(2, 4, 8), 10), (Share(Coarsely), 20), (Whole(1, [4, 8, 12]), 45), (Whole(2, [4, 8]), 12), (Whole(4, [6, 8, 12]), 8), (Whole(8, [6, 8, 12]), 5)]),
        new("shares only", OneModel, [(Cpu(2, 4), 8), (Share(Finely), 92)]),
        new("cpu is short", OneModel, [(Cpu(4, 8, 16), 35), (Share(Finely), 25), (Whole(1, [8, 12, 16]), 30), (Heavy(), 7), (Whole(8, [10, 12]), 1)]),
        new("a third wants one model", Models, [(Cpu(1, 2, 4, 8), 13), (Share(Finely), 26), (Whole(1, [4, 6, 8, 12]), 30), (Share(Finely, "T4"), 12), (Whole(1, [4, 6, 8], "V100"), 9), (Whole(1, [4, 8], "P100"), 4), (Whole(8, [6, 8], "G2"), 1.2), (Whole(8, [6, 8]), 1), (Whole(1, [4, 8], "G3", "V100"), 3)]),
        new("most want one model", Models, [(Cpu(1, 2, 4, 8), 10), (Share(Finely), 12), (Whole(1, [4, 6, 8, 12]), 14), (Share(Finely, "T4"), 16), (Share(Finely, "P100"), 5), (Whole(1, [4, 6, 8], "V100"), 18), (Whole(2, [4, 8], "P100"), 3), (Whole(1, [4, 8], "G2", "G3"), 14), (Whole(8, [6, 8], "G2"), 1.5), (Share(Coarsely, "V100", "G2"), 8)]),
        new("one model is wanted too much", Models, [(Cpu(2, 4), 10), (Share(Finely), 25), (Whole(1, [4, 8, 12]), 30), (Whole(1, [4, 8], "V100"), 22), (Whole(4, [6, 8], "V100"), 3), (Whole(8, [6, 8]), 1.5), (Share(Finely, "T4", "P100"), 10)]),
        new("no devices", [(new Machine(32000, 131072, 0, ""), 150), (new Machine(64000, 131072, 0, ""), 60), (new Machine(16000, 131072, 0, ""), 60)], [(Cpu(1, 2, 4, 8), 50), (random => new Task(1000 * Any(random, 1, 2), 1024 * Any(random, 8, 12, 16, 24), 0, 0, []), 25), (random => new Task(1000 * Any(random, 6, 8, 12, 14), 1024 * Any(random, 2, 4, 8), 0, 0, []), 25)]),
    ];
}
