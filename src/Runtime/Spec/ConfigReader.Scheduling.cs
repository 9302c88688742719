using System.Globalization;

namespace Orchestrator.Runtime.Spec;

static partial class ConfigReader
{
    const int LeastNice = -20, MostNice = 19;
    const uint RealTimeFifo = 1, RealTimeRoundRobin = 2, DeadlinePolicy = 6;
    const uint MostRealTimePriority = 99;
    const int MostCpus = 8192; // the kernel's largest CONFIG_NR_CPUS

    // include/uapi/linux/sched.h: the place is the number.
    static readonly string[] Policies = ["SCHED_OTHER", "SCHED_FIFO", "SCHED_RR", "SCHED_BATCH", "SCHED_ISO", "SCHED_IDLE", "SCHED_DEADLINE"];

    static readonly string[] SchedulerFlags =
    [
        "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN", "SCHED_FLAG_KEEP_POLICY", "SCHED_FLAG_KEEP_PARAMS",
        "SCHED_FLAG_UTIL_CLAMP_MIN", "SCHED_FLAG_UTIL_CLAMP_MAX",
    ];

    // include/uapi/linux/ioprio.h: the place is the class.
    static readonly string[] IoClasses = ["", "IOPRIO_CLASS_RT", "IOPRIO_CLASS_BE", "IOPRIO_CLASS_IDLE"];

    static SchedulerSpec? Scheduler(ref JsonWalk walk)
    {
        string field = walk.Path, policy = "";
        var scheduler = new SchedulerSpec(0, 0, 0, 0, 0, 0, 0);
        var any = false;
        for (walk.Enter(); walk.Field() is { } name; any = true)
        {
            switch (name)
            {
                case "policy": policy = walk.String(); break;
                case "nice":
                    scheduler = scheduler with
                    {
                        Nice = walk.Long() is >= LeastNice and <= MostNice and var nice ? (int)nice : throw walk.Problem("must be from -20 to 19"),
                    };
                    break;
                case "priority":
                    scheduler = scheduler with { Priority = walk.UInt() };
                    if (scheduler.Priority > MostRealTimePriority) throw walk.Problem("must be at most 99");
                    break;
                case "flags":
                    for (walk.EnterArray(); walk.Element();)
                        scheduler = scheduler with
                        {
                            Flags = scheduler.Flags | 1UL << (Array.IndexOf(SchedulerFlags, walk.String()) is >= 0 and var bit ? bit : throw walk.Problem("unknown flag")),
                        };
                    break;
                case "runtime": scheduler = scheduler with { Runtime = walk.ULong() }; break;
                case "deadline": scheduler = scheduler with { Deadline = walk.ULong() }; break;
                case "period": scheduler = scheduler with { Period = walk.ULong() }; break;
                default: walk.Unknown(); break;
            }
        }

        if (!any) return null;
        var number = Array.IndexOf(Policies, policy);
        if (number < 0) throw new ConfigException(field + ".policy", policy.Length == 0 ? "is missing" : $"unknown policy '{policy}'");
        scheduler = scheduler with { Policy = (uint)number };
        if (scheduler.Priority != 0 && scheduler.Policy is not (RealTimeFifo or RealTimeRoundRobin))
            throw new ConfigException(field + ".priority", "is for SCHED_FIFO and SCHED_RR only");
        if (scheduler.Runtime + scheduler.Deadline + scheduler.Period != 0 && scheduler.Policy != DeadlinePolicy)
            throw new ConfigException(field, "runtime, deadline and period are for SCHED_DEADLINE only");
        return scheduler;
    }

    static int? IoPriority(ref JsonWalk walk)
    {
        const int classShift = 13, mostPriority = 7;
        string field = walk.Path, kind = "";
        long priority = 0;
        var any = false;
        for (walk.Enter(); walk.Field() is { } name; any = true)
        {
            switch (name)
            {
                case "class": kind = walk.String(); break;
                case "priority":
                    priority = walk.Long();
                    if (priority is < 0 or > mostPriority) throw walk.Problem("must be from 0 to 7");
                    break;
                default: walk.Unknown(); break;
            }
        }

        if (!any) return null;
        var number = Array.IndexOf(IoClasses, kind);
        if (number <= 0) throw new ConfigException(field + ".class", $"unknown class '{kind}'");
        return number << classShift | (int)priority;
    }

    static ExecAffinitySpec ExecAffinity(ref JsonWalk walk)
    {
        var affinity = new ExecAffinitySpec(null, null);
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "initial": affinity = affinity with { Initial = CpuMask(ref walk) }; break;
                case "final": affinity = affinity with { Final = CpuMask(ref walk) }; break;
                default: walk.Unknown(); break;
            }
        }

        return affinity;
    }

    // "0-3,7" -> bits. The kernel wants whole words.
    static byte[]? CpuMask(ref JsonWalk walk)
    {
        var text = walk.String();
        if (text.Length == 0) return null;
        var mask = new byte[MostCpus / 8];
        var last = 0;
        foreach (var part in text.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !TryCpu(ends[0], out var from) || !TryCpu(ends[^1], out var to) || from > to)
                throw walk.Problem($"'{text}' is not a list of CPUs such as 0-3,7");
            for (var cpu = from; cpu <= to; cpu++) mask[cpu / 8] |= (byte)(1 << cpu % 8);
            last = Math.Max(last, to);
        }

        return mask[..((last / 64 + 1) * sizeof(ulong))];
    }

    static bool TryCpu(string text, out int cpu) =>
        int.TryParse(text.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out cpu) && cpu < MostCpus;

    static uint? Personality(ref JsonWalk walk)
    {
        uint? domain = null;
        for (walk.Enter(); walk.Field() is { } name;)
        {
            switch (name)
            {
                case "domain":
                    domain = walk.String() switch
                    {
                        "LINUX" => 0,
                        "LINUX32" => 8, // PER_LINUX32
                        var other => throw walk.Problem($"unknown domain '{other}'"),
                    };
                    break;
                case "flags": walk.Refuse("flags of a personality are not supported"); break;
                default: walk.Unknown(); break;
            }
        }

        return domain;
    }
}
