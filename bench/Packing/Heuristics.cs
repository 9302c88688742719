using System.Runtime.InteropServices;

namespace Orchestrator.Bench.Packing;

/// <summary>A cluster being filled. Tasks of the same demands share a class, so that fragmentation is summed over classes.</summary>
sealed class World
{
    public readonly Machine[] Machines;
    public readonly int[] Cpu, Memory;
    public readonly int[][] Devices;

    public World(IReadOnlyList<Machine> machines)
    {
        Machines = [.. machines];
        Cpu = [.. machines.Select(each => each.Cpu)];
        Memory = [.. machines.Select(each => each.Memory)];
        Devices = [.. machines.Select(each => Enumerable.Repeat(1000, each.Gpus).ToArray())];
    }

    public bool Fits(int node, Task task) => task.Fits(Machines[node]) && Room(Cpu[node], Memory[node], Devices[node], task);

    public static bool Room(int cpu, int memory, int[] devices, Task task)
    {
        if (cpu < task.Cpu || memory < task.Memory) return false;
        if (task.Gpus == 0 && task.Share == 0) return true;
        var whole = 0;
        var largest = 0;
        foreach (var free in devices)
        {
            if (free == 1000) whole++;
            if (free > largest) largest = free;
        }

        return whole >= task.Gpus && largest >= task.Share;
    }

    public void Take(int node, Task task, int device = -1)
    {
        Cpu[node] -= task.Cpu;
        Memory[node] -= task.Memory;
        Put(Devices[node], task, device);
    }

    /// <summary>Gives back what a task without devices took.</summary>
    public void Give(int node, Task task)
    {
        Cpu[node] += task.Cpu;
        Memory[node] += task.Memory;
    }

    public static void Put(int[] devices, Task task, int device = -1)
    {
        for (int i = 0, left = task.Gpus; i < devices.Length && left > 0; i++)
        {
            if (devices[i] != 1000) continue;
            devices[i] = 0;
            left--;
        }

        if (task.Share == 0) return;
        if (device < 0)
        {
            for (var i = 0; i < devices.Length; i++)
                if (devices[i] >= task.Share && (device < 0 || devices[i] < devices[device])) device = i;
        }

        devices[device] -= task.Share;
    }
}

/// <summary>What others do. Each is told the machines in the same order and the tasks one after another.</summary>
static class Heuristics
{
    public delegate (int Node, int Device) Chooser(World world, Task task);

    public static Chooser FirstFit => static (world, task) =>
    {
        for (var i = 0; i < world.Machines.Length; i++)
            if (world.Fits(i, task)) return (i, -1);
        return (-1, -1);
    };

    public static Chooser Random(int seed)
    {
        var random = new Random(seed);
        return (world, task) =>
        {
            var (chosen, seen) = (-1, 0);
            for (var i = 0; i < world.Machines.Length; i++)
                if (world.Fits(i, task) && random.Next(++seen) == 0) chosen = i;
            return (chosen, -1);
        };
    }

    /// <summary>The smallest sum of what is left, as shares of the largest machine: source FGD's paper, section 6.</summary>
    public static Chooser BestFit => Least(static (world, task, i) => Left(world, task, i));

    public static Chooser WorstFit => Least(static (world, task, i) => -Left(world, task, i));

    /// <summary>The node whose free amounts are the most unlike the task's (as FGD's paper compares with).</summary>
    public static Chooser DotProduct => Least(static (world, task, i) =>
        (world.Cpu[i] / 128000.0 * (task.Cpu / 128000.0)) + (world.Memory[i] / 786432.0 * (task.Memory / 786432.0)) + (world.Devices[i].Sum() / 8000.0 * (task.GpuMilli / 8000.0)));

    /// <summary>
    /// Fragmentation gradient descent: the node, and device, where the devices' parts that a typical task can't use grow least. Source: Weng et al., "Beware of
    /// Fragmentation", USENIX ATC 2023, sections 4 and 5.
    /// </summary>
    /// <param name="coarse">Scores are a hundred levels, as in its Kubernetes plugin, and the first of equals is taken.</param>
    public static Chooser Fgd((Task Task, double Weight)[] typical, bool coarse) => (world, task) =>
    {
        var (node, device, best) = (-1, -1, double.MaxValue);
        for (var i = 0; i < world.Machines.Length; i++)
        {
            if (!world.Fits(i, task)) continue;
            var before = Fragmentation(world.Machines[i], world.Cpu[i], world.Memory[i], world.Devices[i], typical);
            foreach (var each in Choices(world.Devices[i], task))
            {
                int[] after = [.. world.Devices[i]];
                World.Put(after, task, each);
                var grown = Fragmentation(world.Machines[i], world.Cpu[i] - task.Cpu, world.Memory[i] - task.Memory, after, typical) - before;
                if (coarse) grown = -(int)(100 / (1 + Math.Exp(grown / 1000)));
                if (grown >= best) continue;
                (node, device, best) = (i, each, grown);
            }
        }

        return (node, device);
    };

    static IEnumerable<int> Choices(int[] devices, Task task)
    {
        if (task.Share == 0)
        {
            yield return -1;
            yield break;
        }

        var tried = 0L;
        for (var i = 0; i < devices.Length; i++)
        {
            if (devices[i] < task.Share || Array.IndexOf(devices, devices[i]) != i) continue;
            tried++;
            yield return i;
        }
    }

    static double Fragmentation(Machine machine, int cpu, int memory, int[] devices, (Task Task, double Weight)[] typical)
    {
        var free = 0;
        foreach (var each in devices) free += each;
        var sum = 0.0;
        foreach (ref readonly var each in typical.AsSpan())
        {
            var task = each.Task;
            if (task.GpuMilli == 0 || !task.Fits(machine) || !World.Room(cpu, memory, devices, task)) sum += each.Weight * free;
            else
            {
                var least = Math.Min(1000, task.GpuMilli);
                var unusable = 0;
                foreach (var part in devices)
                    if (part < least) unusable += part;
                sum += each.Weight * unusable;
            }
        }

        return sum;
    }

    static double Left(World world, Task task, int i) =>
        ((world.Cpu[i] - task.Cpu) / 128000.0) + ((world.Memory[i] - task.Memory) / 786432.0) + ((world.Devices[i].Sum() - task.GpuMilli) / 8000.0);

    public static Chooser Least(Func<World, Task, int, double> score) => (world, task) =>
    {
        var (node, best) = (-1, double.MaxValue);
        for (var i = 0; i < world.Machines.Length; i++)
        {
            if (!world.Fits(i, task)) continue;
            var each = score(world, task, i);
            if (each >= best) continue;
            (node, best) = (i, each);
        }

        return (node, -1);
    };

    /// <summary>The demand as those see it who know it beforehand: a large sample, by class.</summary>
    public static (Task Task, double Weight)[] Typical(Mix mix, int seed)
    {
        var random = new Random(seed);
        const int Sample = 2000;
        var classes = new Dictionary<string, (Task Task, int Count)>(StringComparer.Ordinal);
        for (var i = 0; i < Sample; i++)
        {
            var task = mix.Next(random);
            ref var slot = ref CollectionsMarshal.GetValueRefOrAddDefault(classes, $"{task.Cpu} {task.GpuMilli} {string.Join(',', task.Models)}", out _);
            slot = (task, slot.Count + 1);
        }

        return [.. classes.Values.OrderByDescending(each => each.Count).Take(60).Select(each => (each.Task, each.Count / (double)Sample))];
    }
}
