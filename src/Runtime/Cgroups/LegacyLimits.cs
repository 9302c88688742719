using System.Globalization;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>Limits as cgroup v1 writes them (the kernel's admin-guide/cgroup-v1).</summary>
static class LegacyLimits
{
    public static void Apply(IReadOnlyList<CgroupDirectory> directories, ResourceSpec resources)
    {
        Update(directories, resources);
        if (directories.FirstOrDefault(directory => directory.Controllers.Contains("devices")) is { } devices)
        {
            string allowed = devices.Path + "/devices.allow", denied = devices.Path + "/devices.deny";
            using Fd allow = Kernel.Open(allowed, O.WRONLY), deny = Kernel.Open(denied, O.WRONLY);
            Kernel.WriteSetting(deny, denied, "a");
            foreach (var rule in DeviceRules.Complete(resources.Devices))
                foreach (var line in DeviceRules.InWords(rule))
                    Kernel.WriteSetting(rule.Allow ? allow : deny, rule.Allow ? allowed : denied, line);
        }
        else
        {
            throw new CgroupException("no devices controller: device access could not be restricted");
        }
    }

    public static void Update(IReadOnlyList<CgroupDirectory> directories, ResourceSpec resources)
    {
        Memory(directories, resources.Memory);
        Cpu(directories, resources.Cpu);
        IoLimits.Legacy(directories, resources.Io);
        DeviceLimits.Legacy(directories, resources);
        if (resources.PidsLimit is { } pids) Find(directories, "pids").Write("pids.max", pids > 0 ? Text(pids) : "max");
        if (resources.Unified.Count > 0) throw new ConfigException("linux.resources.unified", "invalid configuration: this host has cgroup v1");
    }

    static void Memory(IReadOnlyList<CgroupDirectory> directories, MemorySpec memory)
    {
        const string limitFile = "memory.limit_in_bytes", swapFile = "memory.memsw.limit_in_bytes";
        string limit = memory.Limit is { } bytes and not 0 ? Text(bytes) : "", swap = memory.Swap is { } both and not 0 ? Text(both) : "";
        // Without a limit on memory there is none on the sum: a finite sum would be below it.
        if (memory.Limit < 0 && swap.Length == 0 && Find(directories, "memory").Has(swapFile)) swap = "-1";
        try
        {
            if (limit.Length > 0) Find(directories, "memory").Write(limitFile, limit);
            if (swap.Length > 0) Find(directories, "memory").Write(swapFile, swap);
        }
        catch (SyscallException e) when (e.Errno == Errno.EINVAL && limit.Length > 0 && swap.Length > 0)
        {
            // Memory may never be above memory and swap together: when both grow, the sum goes first.
            Find(directories, "memory").Write(swapFile, swap);
            Find(directories, "memory").Write(limitFile, limit);
        }

        if (memory.Reservation is { } reservation and not 0) Find(directories, "memory").Write("memory.soft_limit_in_bytes", Text(reservation));
        if (memory.Swappiness is { } swappiness)
            Find(directories, "memory").Write("memory.swappiness", swappiness.ToString(CultureInfo.InvariantCulture));
        if (memory.DisableOomKiller) Find(directories, "memory").Write("memory.oom_control", "1");
    }

    static void Cpu(IReadOnlyList<CgroupDirectory> directories, CpuSpec cpu)
    {
        if (cpu.Shares is { } shares and not 0) Find(directories, "cpu").Write("cpu.shares", Text(shares));
        string period = cpu.Period is { } length and not 0 ? Text(length) : "", quota = cpu.Quota is { } share and not 0 ? Text(Math.Max(share, -1)) : "";
        try
        {
            // The period first: a quota is checked against it.
            if (period.Length > 0) Find(directories, "cpu").Write("cpu.cfs_period_us", period);
            if (quota.Length > 0) Find(directories, "cpu").Write("cpu.cfs_quota_us", quota);
        }
        catch (SyscallException e) when (e.Errno == Errno.EINVAL && period.Length > 0 && quota.Length > 0)
        {
            // A shorter period would make the old quota a larger part of it than the parent has: then the quota goes first.
            Find(directories, "cpu").Write("cpu.cfs_quota_us", quota);
            Find(directories, "cpu").Write("cpu.cfs_period_us", period);
        }

        if (cpu.RealtimePeriod is { } realtimePeriod and not 0) Find(directories, "cpu").Write("cpu.rt_period_us", Text(realtimePeriod));
        if (cpu.RealtimeRuntime is { } runtime and not 0) Find(directories, "cpu").Write("cpu.rt_runtime_us", Text(runtime));
        if (cpu.Burst is { } burst) Find(directories, "cpu").Write("cpu.cfs_burst_us", Text(burst));
        if (cpu.Idle is { } idle) Find(directories, "cpu").Write("cpu.idle", Text(idle));
        if (cpu.Cpus.Length > 0) Find(directories, "cpuset").Write("cpuset.cpus", cpu.Cpus);
        if (cpu.Mems.Length > 0) Find(directories, "cpuset").Write("cpuset.mems", cpu.Mems);
    }

    public static CgroupDirectory Find(IReadOnlyList<CgroupDirectory> directories, string controller) =>
        directories.FirstOrDefault(directory => directory.Controllers.Contains(controller))
        ?? throw new ConfigException("linux.resources." + controller, $"this host has no {controller} controller");

    static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
