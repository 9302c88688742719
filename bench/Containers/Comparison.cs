namespace Orchestrator.Bench;

/// <summary>A runtime under test: its name, program and state directory.</summary>
sealed record Candidate(string Name, string Program, string Root)
{
    public string[] Command(params string[] arguments) => [Program, "--root", Root, .. arguments];
}

/// <summary>Measures one task with every candidate in turn, A B C A B C, so that whatever else the machine does falls on all alike.</summary>
static class Comparison
{
    const int WarmUps = 3;

    // Wall and CPU time are held to these parts of a peer's.
    static readonly Dictionary<string, double> Goals = new() { ["crun"] = 0.5, ["runc"] = 0.2 };

    /// <param name="task">Its name in the results.</param>
    /// <param name="candidates">orun first.</param>
    /// <param name="rounds">How often each is measured.</param>
    /// <param name="commands">The command lines of one round.</param>
    public static IEnumerable<Result> Of(string task, IReadOnlyList<Candidate> candidates, int rounds, Func<Candidate, string[][]> commands)
    {
        var costs = candidates.ToDictionary(candidate => candidate.Name, _ => new List<Cost>());
        for (var round = -WarmUps; round < rounds; round++)
        {
            foreach (var candidate in candidates)
            {
                var cost = Measured.Run(commands(candidate));
                if (round >= 0) costs[candidate.Name].Add(cost);
            }
        }

        var own = Medians(costs[candidates[0].Name]);
        foreach (var candidate in candidates)
        {
            var median = Medians(costs[candidate.Name]);
            yield return new Result($"{task}: {candidate.Name}, wall", median.Wall, "ms");
            yield return new Result($"{task}: {candidate.Name}, CPU", median.Cpu, "ms");
        }

        foreach (var peer in candidates.Skip(1))
        {
            var median = Medians(costs[peer.Name]);
            var goal = Goals[peer.Name];
            yield return new Result($"{task}: {candidates[0].Name}/{peer.Name}, wall", own.Wall / median.Wall, "ratio", 1, goal);
            yield return new Result($"{task}: {candidates[0].Name}/{peer.Name}, CPU", own.Cpu / median.Cpu, "ratio", 1, goal);
        }
    }

    static Cost Medians(List<Cost> costs) => new(Median(costs.Select(cost => cost.Wall)), Median(costs.Select(cost => cost.Cpu)));

    public static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
