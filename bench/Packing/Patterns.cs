using Google.OrTools.LinearSolver;

namespace Orchestrator.Bench.Packing;

/// <summary>
/// The fewest machines that pods without devices can stand on, by column generation (Gilmore and Gomory, 1961): a linear program over patterns, which are what can
/// stand together on one machine, and for each of its solutions the pattern that would better it most. Pods may be cut in pieces, so nobody needs fewer.
/// </summary>
static class Patterns
{
    const double Nothing = 1e-6;

    public static double Fewest(IReadOnlyList<Machine> machines, IReadOnlyList<Task> tasks)
    {
        var kinds = machines.GroupBy(each => each).Select(group => (Machine: group.Key, Count: group.Count())).ToList();
        var classes = tasks.GroupBy(task => (task.Cpu, task.Memory)).Select(group => (group.Key.Cpu, group.Key.Memory, Count: group.Count())).ToList();
        using var master = Solver.CreateSolver("GLOP");
        var demand = classes.Select(each => master.MakeConstraint(each.Count, double.PositiveInfinity)).ToList();
        var supply = kinds.Select(each => master.MakeConstraint(double.NegativeInfinity, each.Count)).ToList();
        var objective = master.Objective();
        objective.SetMinimization();
        foreach (var row in demand) // pods that stand nowhere, which costs more than any machine, so that there is a first solution
        {
            var nowhere = master.MakeNumVar(0, double.PositiveInfinity, "");
            row.SetCoefficient(nowhere, 1);
            objective.SetCoefficient(nowhere, machines.Count);
        }

        while (true)
        {
            if (master.Solve() != Solver.ResultStatus.OPTIMAL) throw new InvalidOperationException("the patterns' linear program has no solution, although there is always one");
            var better = false;
            double[] worths = [.. demand.Select(each => each.DualValue())], rents = [.. supply.Select(each => each.DualValue())]; // a changed program has none
            for (var kind = 0; kind < kinds.Count; kind++)
            {
                var pattern = Best(kinds[kind].Machine, [.. classes.Select((each, i) => (each.Cpu, each.Memory, each.Count, worths[i]))]);
                var worth = pattern.Select((times, i) => times * worths[i]).Sum() + rents[kind];
                if (worth <= 1 + Nothing) continue;
                better = true;
                var column = master.MakeNumVar(0, double.PositiveInfinity, "");
                objective.SetCoefficient(column, 1);
                supply[kind].SetCoefficient(column, 1);
                for (var i = 0; i < pattern.Length; i++)
                    if (pattern[i] > 0) demand[i].SetCoefficient(column, pattern[i]);
            }

            if (!better) return objective.Value();
        }
    }

    /// <summary>How many of each class make the most of one machine.</summary>
    static double[] Best(Machine machine, IReadOnlyList<(int Cpu, int Memory, int Count, double Worth)> classes)
    {
        using var solver = Solver.CreateSolver("SCIP");
        var cpu = solver.MakeConstraint(0, machine.Cpu);
        var memory = solver.MakeConstraint(0, machine.Memory);
        var objective = solver.Objective();
        objective.SetMaximization();
        var times = classes.Select(each => solver.MakeIntVar(0, each.Count, "")).ToArray();
        for (var i = 0; i < times.Length; i++)
        {
            cpu.SetCoefficient(times[i], classes[i].Cpu);
            memory.SetCoefficient(times[i], classes[i].Memory);
            objective.SetCoefficient(times[i], classes[i].Worth);
        }

        if (solver.Solve() != Solver.ResultStatus.OPTIMAL) throw new InvalidOperationException("an empty machine is a pattern, but none was found");
        return [.. times.Select(each => each.SolutionValue())];
    }
}
