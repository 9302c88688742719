using System.Globalization;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>What a container uses, in the JSON that `runc events --stats` prints and engines read. Times in nanoseconds.</summary>
static class CgroupStatistics
{
    const ulong Microsecond = 1000;
    const ulong ClockTick = 10_000_000; // v1 counts user and system time in ticks of USER_HZ, 100 a second

    public static byte[] Write(string id, ContainerCgroups cgroups)
    {
        var json = new JsonText().Open('{').Field("type", "stats").Field("id", id).Open('{', "data");
        if (cgroups.Unified) Unified(json, cgroups.Directories[0].Path);
        else Legacy(json, cgroups);
        return json.Close('}').Close('}').ToUtf8();
    }

    static void Unified(JsonText json, string path)
    {
        var cpu = Table(path + "/cpu.stat");
        Cpu(json, Of(cpu, "usage_usec") * Microsecond, Of(cpu, "system_usec") * Microsecond, Of(cpu, "user_usec") * Microsecond,
            Of(cpu, "nr_periods"), Of(cpu, "nr_throttled"), Of(cpu, "throttled_usec") * Microsecond);
        Memory(json, Number(path + "/memory.current"), Number(path + "/memory.max"), Number(path + "/memory.peak"),
            Of(Table(path + "/memory.events"), "max"), Table(path + "/memory.stat"));
        Pids(json, path);
        IoStatistics.Unified(json, path);
    }

    static void Legacy(JsonText json, ContainerCgroups cgroups)
    {
        if (Find(cgroups, "cpuacct") is { } account)
        {
            var times = Table(account + "/cpuacct.stat");
            var limits = Table(Find(cgroups, "cpu") + "/cpu.stat");
            Cpu(json, Number(account + "/cpuacct.usage"), Of(times, "system") * ClockTick, Of(times, "user") * ClockTick,
                Of(limits, "nr_periods"), Of(limits, "nr_throttled"), Of(limits, "throttled_time"));
        }

        if (Find(cgroups, "memory") is { } memory)
        {
            Memory(json, Number(memory + "/memory.usage_in_bytes"), Number(memory + "/memory.limit_in_bytes"),
                Number(memory + "/memory.max_usage_in_bytes"), Number(memory + "/memory.failcnt"), Table(memory + "/memory.stat"));
        }

        if (Find(cgroups, "pids") is { } pids) Pids(json, pids);
        if (Find(cgroups, "blkio") is { } disks) IoStatistics.Legacy(json, disks);
    }

    static void Cpu(JsonText json, ulong total, ulong system, ulong user, ulong periods, ulong throttled, ulong throttledTime) =>
        json.Open('{', "cpu")
            .Open('{', "usage").Field("total", total).Field("kernel", system).Field("user", user).Close('}')
            .Open('{', "throttling").Field("periods", periods).Field("throttledPeriods", throttled).Field("throttledTime", throttledTime).Close('}')
            .Close('}');

    static void Memory(JsonText json, ulong usage, ulong limit, ulong max, ulong failures, SortedDictionary<string, ulong> all)
    {
        json.Open('{', "memory")
            .Open('{', "usage").Field("limit", limit).Field("usage", usage).Field("max", max).Field("failcnt", failures).Close('}')
            .Open('{', "raw");
        foreach (var (name, value) in all) json.Field(name, value);
        json.Close('}').Close('}');
    }

    static void Pids(JsonText json, string path)
    {
        json.Open('{', "pids").Field("current", Number(path + "/pids.current"));
        // No limit is no field, as runc has it.
        if (Number(path + "/pids.max") is var limit and not ulong.MaxValue) json.Field("limit", limit);
        json.Close('}');
    }

    static string? Find(ContainerCgroups cgroups, string controller) =>
        cgroups.Directories.FirstOrDefault(directory => directory.Controllers.Contains(controller))?.Path;

    /// <summary>Lines of a name and a number; without the file, none.</summary>
    static SortedDictionary<string, ulong> Table(string file)
    {
        var table = new SortedDictionary<string, ulong>(StringComparer.Ordinal);
        foreach (var line in (Kernel.TryReadText(file) ?? "").Split('\n'))
        {
            var space = line.IndexOf(' ');
            if (space > 0 && ulong.TryParse(line.AsSpan(space + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var value)) table[line[..space]] = value;
        }

        return table;
    }

    static ulong Of(SortedDictionary<string, ulong> table, string name) => table.GetValueOrDefault(name);

    /// <summary>The number in a file; "max" is the largest there is, no file is 0.</summary>
    static ulong Number(string file) => Kernel.TryReadText(file)?.Trim() switch
    {
        null or "" => 0,
        "max" => ulong.MaxValue,
        var text => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture),
    };
}
