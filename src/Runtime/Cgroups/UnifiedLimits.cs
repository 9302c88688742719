using System.Globalization;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

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
        IoLimits.Unified(directory, resources.Io);
        DeviceLimits.Unified(directory, resources);
        if (resources.PidsLimit is { } pids) Write(directory, "pids", "pids.max", pids > 0 ? Text(pids) : "max");
        foreach (var (file, value) in resources.Unified) directory.Write(file, value);
    }

    static void Memory(CgroupDirectory directory, MemorySpec memory)
    {
        if (memory is { CheckBeforeUpdate: true, Limit: > 0 and var wanted } && Number(directory, "memory.current") is { } used && used > wanted)
            throw new CgroupException($"{directory.Path}: memory.limit {wanted} is below the {used} bytes in use");
        if (memory.Swap is { } swap and not 0)
        {
            // v2 counts swap alone, the configuration memory and swap together.
            var beside = memory.Limit is > 0 and var both ? both : memory.Limit is null or 0 ? Number(directory, "memory.max") : null;
            if (swap > 0 && beside is null) throw new ConfigException("linux.resources.memory.swap", "needs memory.limit on cgroup v2");
            if (swap > 0 && swap < beside) throw new ConfigException("linux.resources.memory.swap", "memory and swap together must not be below memory.limit");
            Write(directory, "memory", "memory.swap.max", swap < 0 ? "max" : Text(swap - beside!.Value)); // checked above
        }

        if (memory.Limit is { } limit and not 0) Write(directory, "memory", "memory.max", Bytes(limit));

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
        if (cpu.RealtimeRuntime is not (null or 0) || cpu.RealtimePeriod is not (null or 0))
            throw new ConfigException("linux.resources.cpu", "real-time budgets do not exist on cgroup v2");
        if (cpu.Burst is { } burst) Write(directory, "cpu", "cpu.max.burst", Text(burst));
        if (cpu.Idle is { } idle) Write(directory, "cpu", "cpu.idle", Text(idle));
        if (cpu.Cpus.Length > 0) Write(directory, "cpuset", "cpuset.cpus", cpu.Cpus);
        if (cpu.Mems.Length > 0) Write(directory, "cpuset", "cpuset.mems", cpu.Mems);
    }

    // Null for "max", and where there is no such file.
    static long? Number(CgroupDirectory directory, string file) =>
        long.TryParse(Kernel.TryReadText($"{directory.Path}/{file}"), NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var number) ? number : null;

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
