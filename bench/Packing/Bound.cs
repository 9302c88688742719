using Google.OrTools.LinearSolver;

namespace Orchestrator.Bench.Packing;

/// <summary>
/// More than this nobody can place, whoever knows all pods beforehand: a linear program in which pods may be cut in pieces and machines of a kind share what they
/// have. What counts are devices where there are any, else cpu.
/// </summary>
static class Bound
{
    /// <summary>The share of the cluster in percent.</summary>
    public static double Of(IReadOnlyList<Machine> machines, IReadOnlyList<Task> asked)
    {
        using var solver = Solver.CreateSolver("GLOP");
        var kinds = machines.GroupBy(each => each).Select(group => (Machine: group.Key, Count: group.Count())).ToList();
        var devices = machines.Any(each => each.Gpus > 0);
        var rooms = kinds.Select(kind => new Room(solver, kind.Machine, kind.Count)).ToList();
        var objective = solver.Objective();
        objective.SetMaximization();
        foreach (var group in asked.GroupBy(task => (task.Cpu, task.Memory, task.Gpus, task.Share, Models: string.Join(',', task.Models))))
        {
            var (task, count) = (group.First(), group.Count());
            var placed = solver.MakeConstraint(0, count);
            foreach (var room in rooms.Where(room => room.Serves(task)))
            {
                var some = solver.MakeNumVar(0, count, "");
                placed.SetCoefficient(some, 1);
                room.Take(some, task);
                objective.SetCoefficient(some, devices ? task.GpuMilli : task.Cpu);
            }
        }

        if (solver.Solve() != Solver.ResultStatus.OPTIMAL) throw new InvalidOperationException("the bound's linear program has no solution, although placing nothing is one");
        return 100 * objective.Value() / machines.Sum(each => devices ? each.Gpus * 1000.0 : each.Cpu);
    }

    /// <summary>What all machines of a kind have together.</summary>
    sealed class Room(Solver solver, Machine machine, int count)
    {
        const int Device = 1000;

        readonly Constraint _cpu = solver.MakeConstraint(0, (double)machine.Cpu * count);
        readonly Constraint _memory = solver.MakeConstraint(0, (double)machine.Memory * count);
        readonly Constraint _milli = solver.MakeConstraint(0, (double)machine.Gpus * Device * count);
        readonly Constraint _parts = solver.MakeConstraint(0, machine.Gpus * count); // two shares above half never stand on one device
        readonly Constraint _groups = solver.MakeConstraint(0, count); // nor two pods of more than half of a machine's devices on one machine

        public bool Serves(Task task) => task.Fits(machine) && World.Room(machine.Cpu, machine.Memory, [.. Enumerable.Repeat(Device, machine.Gpus)], task);

        public void Take(Variable some, Task task)
        {
            _cpu.SetCoefficient(some, task.Cpu);
            _memory.SetCoefficient(some, task.Memory);
            _milli.SetCoefficient(some, task.GpuMilli);
            if (task.Gpus > 0 || task.Share > Device / 2) _parts.SetCoefficient(some, Math.Max(1, task.Gpus));
            if (2 * task.Gpus > machine.Gpus) _groups.SetCoefficient(some, 1);
        }
    }
}
