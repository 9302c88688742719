using System.Globalization;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>Limits as cgroup v2 writes them (the kernel's admin-guide/cgroup-v2).</summary>
static class UnifiedLimits
{
    const ulong LeastShares = 2, MostShares = 262144, MostWeight = 10000;
    const ulong DefaultPeriodMicroseconds = 100_000;

    public static void Apply(CgroupDirectory directory, ResourceSpec resources)
    {
        Update(directory, resources);
        DeviceProgram.Attach(directory.Path, DeviceRules.Complete(resources.Devices));
    }

    public static void Update(CgroupDirectory directory, ResourceSpec resources)
    {
        Memory(directory, resources.Memory);
        Cpu(directory, resources.Cpu);
        if (resources.PidsLimit is { } pids) Write(directory, "pids", "pids.max", pids > 0 ? Text(pids) : "max");
        foreach (var (file, value) in resources.Unified) directory.Write(file, value);
    }

    static void Memory(CgroupDirectory directory, MemorySpec memory)
    {
        if (memory.Limit is { } limit and not 0) Write(directory, "memory", "memory.max", Bytes(limit));
        if (memory.Swap is { } swap and not 0)
        {
            // v2 counts swap alone, the configuration memory and swap together.
            if (swap > 0 && memory.Limit is not > 0)
                throw new ConfigException("linux.resources.memory.swap", "needs memory.limit on cgroup v2");
            Write(directory, "memory", "memory.swap.max", swap < 0 ? "max" : Text(swap - memory.Limit!.Value)); // checked above
        }

        if (memory.Reservation is { } reservation and not 0) Write(directory, "memory", "memory.low", Bytes(reservation));
        if (memory.Swappiness is not null) throw new ConfigException("linux.resources.memory.swappiness", "does not exist on cgroup v2");
        if (memory.DisableOomKiller) throw new ConfigException("linux.resources.memory.disableOOMKiller", "does not exist on cgroup v2");
    }

    static void Cpu(CgroupDirectory directory, CpuSpec cpu)
    {
        if (cpu.Shares is { } shares and not 0) Write(directory, "cpu", "cpu.weight", Text(Weight(shares)));
        if (cpu.Quota is { } quota and not 0)
            Write(directory, "cpu", "cpu.max", $"{(quota < 0 ? "max" : Text(quota))} {Text(cpu.Period ?? DefaultPeriodMicroseconds)}");
        else if (cpu.Period is { } period and not 0)
            Write(directory, "cpu", "cpu.max", $"max {Text(period)}");
        if (cpu.Burst is { } burst) Write(directory, "cpu", "cpu.max.burst", Text(burst));
        if (cpu.Idle is { } idle) Write(directory, "cpu", "cpu.idle", Text(idle));
        if (cpu.Cpus.Length > 0) Write(directory, "cpuset", "cpuset.cpus", cpu.Cpus);
        if (cpu.Mems.Length > 0) Write(directory, "cpuset", "cpuset.mems", cpu.Mems);
    }

    /// <summary>v1 shares (2 to 262144) on the scale of v2 weights (1 to 10000), as the other runtimes map them.</summary>
    public static ulong Weight(ulong shares) =>
        1 + (Math.Clamp(shares, LeastShares, MostShares) - LeastShares) * (MostWeight - 1) / (MostShares - LeastShares);

    static void Write(CgroupDirectory directory, string controller, string file, string value)
    {
        if (!directory.Controllers.Contains(controller))
            throw new ConfigException("linux.resources." + controller, $"this host has no {controller} controller");
        directory.Write(file, value);
    }

    static string Bytes(long bytes) => bytes < 0 ? "max" : Text(bytes);

    static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
