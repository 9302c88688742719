using System.Globalization;

namespace Orchestrator.NodeAgent.Metrics;

/// <summary>What the whole machine consumes: its processors' time that was not idle, and the memory that is not available (proc_stat(5), proc_meminfo(5)).</summary>
static class MachineConsumption
{
    // Linux gives it in this unit to every program, whatever its own is (proc_stat(5), USER_HZ).
    const long NanosecondsPerTick = 10_000_000;
    const long BytesPerKibibyte = 1024;

    public static Consumption Read() => Of(File.ReadLines("/proc/stat").First(), File.ReadAllLines("/proc/meminfo"));

    /// <param name="processors">The first line of /proc/stat.</param>
    internal static Consumption Of(string processors, IReadOnlyList<string> memory)
    {
        // cpu user nice system idle iowait irq softirq steal; what guests take is counted in user and nice already.
        var ticks = processors.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1).Take(8).Select(text => long.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return new Consumption((ticks.Sum() - ticks[3] - ticks[4]) * NanosecondsPerTick, Math.Max(0, Bytes(memory, "MemTotal:") - Bytes(memory, "MemAvailable:")));
    }

    /// <summary>A line of /proc/meminfo, in bytes.</summary>
    internal static long Bytes(IReadOnlyList<string> lines, string name)
    {
        var line = lines.First(line => line.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * BytesPerKibibyte;
    }
}
