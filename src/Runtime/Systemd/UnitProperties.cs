using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Systemd;

/// <summary>A property of a unit: its name, the type of its value as D-Bus writes it, and what writes the value.</summary>
sealed record UnitProperty(string Name, string Type, Action<BusWriter> Write);

/// <summary>
/// What systemd is told of a container. The limits that it knows are told to it as well as written by us: it writes all of them again whenever it reads its
/// units anew (systemd.resource-control(5)).
/// </summary>
static class UnitProperties
{
    const ulong Infinity = ulong.MaxValue;
    const long MicrosecondsPerSecond = 1_000_000, QuotaStep = 10_000; // systemd keeps CPUQuotaPerSecUSec in whole percents
    const ulong DefaultPeriod = 100_000;

    /// <param name="id">The container's.</param>
    /// <param name="place">Where it will be.</param>
    /// <param name="holder">The process that the scope starts with: there is none without.</param>
    public static IReadOnlyList<UnitProperty> OfScope(string id, UnitPlace place, int holder) =>
    [
        Text("Description", $"orun container {id}"),
        Text("Slice", place.Slice),
        new("PIDs", "au", value => value.Array(sizeof(uint), pids => pids.UInt32((uint)holder))),
        Flag("Delegate", true), // what is below its cgroup is the container's
        Flag("DefaultDependencies", false), // it is not stopped before what its engine stops in its own order
        Flag("MemoryAccounting", true),
        Flag("CPUAccounting", true),
        Flag("IOAccounting", true),
        Flag("TasksAccounting", true),
    ];

    /// <summary>The limits of cgroup v2 that are said.</summary>
    /// <exception cref="ConfigException">A list of processors or memory nodes is none.</exception>
    public static IReadOnlyList<UnitProperty> Of(ResourceSpec resources)
    {
        List<UnitProperty> properties = [];
        var (memory, cpu) = (resources.Memory, resources.Cpu);
        if (memory.Limit is { } limit and not 0) properties.Add(Number("MemoryMax", Bytes(limit)));
        if (memory.Reservation is { } reservation and not 0) properties.Add(Number("MemoryLow", Bytes(reservation)));
        if (memory.Swap is { } swap and not 0 && (swap < 0 || memory.Limit > 0)) properties.Add(Number("MemorySwapMax", swap < 0 ? Infinity : (ulong)Math.Max(0, swap - memory.Limit!.Value))); // there is one
        if (cpu.Shares is { } shares and not 0) properties.Add(Number("CPUWeight", UnifiedLimits.Weight(shares)));
        var period = cpu.Period is { } asked and not 0 ? asked : DefaultPeriod;
        if (cpu.Period is not (null or 0)) properties.Add(Number("CPUQuotaPeriodUSec", period));
        if (cpu.Quota is { } quota and not 0) properties.Add(Number("CPUQuotaPerSecUSec", quota < 0 ? Infinity : PerSecond(quota, period)));
        if (cpu.Cpus.Length > 0) properties.Add(Set("AllowedCPUs", cpu.Cpus, "linux.resources.cpu.cpus"));
        if (cpu.Mems.Length > 0) properties.Add(Set("AllowedMemoryNodes", cpu.Mems, "linux.resources.cpu.mems"));
        if (resources.Io.Weight is { } weight and not 0) properties.Add(Number("IOWeight", IoLimits.UnifiedWeight(weight)));
        if (resources.PidsLimit is { } pids) properties.Add(Number("TasksMax", pids > 0 ? (ulong)pids : Infinity));
        return properties;
    }

    /// <summary>The numbers of a list such as 0-2,7 as bits, the lowest first (org.freedesktop.systemd1, AllowedCPUs).</summary>
    public static byte[] Bits(string list, string field)
    {
        const int most = 1 << 16;
        List<byte> bits = [];
        foreach (var part in list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], out var first) || !int.TryParse(ends[^1], out var last) || first < 0 || last < first || last >= most)
                throw new ConfigException(field, $"'{list}' is not a list such as 0-2,7");
            while (bits.Count <= last / 8) bits.Add(0);
            for (var number = first; number <= last; number++) bits[number / 8] |= (byte)(1 << number % 8);
        }

        return [.. bits];
    }

    static ulong PerSecond(long quota, ulong period)
    {
        var perSecond = (long)Math.Min(long.MaxValue - QuotaStep, (decimal)quota * MicrosecondsPerSecond / period);
        return (ulong)((perSecond + QuotaStep - 1) / QuotaStep * QuotaStep);
    }

    static ulong Bytes(long bytes) => bytes < 0 ? Infinity : (ulong)bytes;

    static UnitProperty Text(string name, string text) => new(name, "s", value => value.String(text));

    static UnitProperty Flag(string name, bool flag) => new(name, "b", value => value.Bool(flag));

    static UnitProperty Number(string name, ulong number) => new(name, "t", value => value.UInt64(number));

    static UnitProperty Set(string name, string list, string field)
    {
        var bits = Bits(list, field);
        return new(name, "ay", value => value.Array(sizeof(byte), bytes => bytes.Bytes(bits)));
    }
}
