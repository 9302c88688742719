using System.Buffers.Binary;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>When and where the process runs: scheduler, I/O priority, CPUs, execution domain. While it still has the right to ask for more than others.</summary>
static class SchedulingSteps
{
    const int WhoProcess = 1; // IOPRIO_WHO_PROCESS
    const int AttributeBytes = 48; // struct sched_attr, SCHED_ATTR_SIZE_VER0

    public static void All(OpList ops, ProcessSpec process, LinuxSpec linux)
    {
        if (process.Scheduler is { } scheduler)
            ops.Add("process.scheduler (real-time policies and lower nice values need CAP_SYS_NICE)", Call.sched_setattr, 0, Attributes(scheduler), 0);
        if (process.IoPriority is { } priority) ops.Add("process.ioPriority", Call.ioprio_set, WhoProcess, 0, priority);
        if (linux.Personality is { } domain) ops.Add("linux.personality", Call.personality, (long)domain);
    }

    public static void Affinity(OpList ops, string field, byte[]? mask)
    {
        if (mask is null) return;
        ops.Add($"process.execCPUAffinity.{field}", Call.sched_setaffinity, 0, mask.Length, new Arg.Block(mask, () => Convert.ToHexString(mask)));
    }

    static Arg.Block Attributes(SchedulerSpec scheduler)
    {
        var bytes = new byte[AttributeBytes];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, AttributeBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(4), scheduler.Policy);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), scheduler.Flags);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), scheduler.Nice);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), scheduler.Priority);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(24), scheduler.Runtime);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(32), scheduler.Deadline);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(40), scheduler.Period);
        return new Arg.Block(bytes, scheduler.ToString);
    }
}
