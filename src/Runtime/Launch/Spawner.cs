using System.Runtime.InteropServices;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// Clones a process that walks an encoded plan.
/// </summary>
/// <remarks>
/// Why this is sound: the child shares this program's memory (CLONE_VM, so no page table is copied), but runs only the machine code of
/// spawn.x64.S on registers and on memory of its own arena. It calls no libc, touches no managed object, takes no lock and has no signal
/// handlers (CLONE_CLEAR_SIGHAND), so it does not matter what the runtime's threads or its collector do at the moment of the clone
/// or later. A child that joins a time namespace gets a copy of the memory instead, because setns(2) wants that; all else is the same. Nothing the child reads is moved or freed before its exec: the arena is native memory and lives as long as both.
/// </remarks>
static unsafe partial class Spawner
{
    const int RegisterCount = 255;
    const int StackBytes = 4096; // the child uses none; the kernel wants one
    const int ChildExited = 17; // SIGCHLD

    /// <summary>Starts the child and returns its pid and a descriptor for it.</summary>
    /// <param name="plan">What it does.</param>
    /// <param name="slots">Descriptors by slot.</param>
    /// <param name="errors">Where it reports errors; it is in the Errors slot as well.</param>
    /// <param name="cgroup">A cgroup v2 directory to be born in; null: this process's own.</param>
    /// <param name="arena">The memory it reads; the caller keeps it until the child has executed or ended.</param>
    public static (int Pid, Fd PidFd) Start(
        LaunchPlan plan, IEnumerable<(Slot Slot, int Descriptor)> slots, Fd errors, Fd? cgroup, Arena arena)
    {
        var registers = (long*)arena.Take(RegisterCount * sizeof(long));
        foreach (var (slot, descriptor) in slots) registers[slot.Index] = descriptor;
        registers[Slots.Errors.Index] = errors.Number;
        var ops = new PlanEncoder(arena).Encode(plan.Ops);
        var pidFd = -1;
        var clone = new CloneArgs
        {
            Flags = (ulong)(plan.Namespaces | CloneFlags.PIDFD | CloneFlags.CLEAR_SIGHAND
                | (plan.OwnMemory ? CloneFlags.None : CloneFlags.VM) | (cgroup is null ? CloneFlags.None : CloneFlags.INTO_CGROUP)),
            PidFd = (ulong)&pidFd,
            ExitSignal = ChildExited,
            Stack = (ulong)arena.Take(StackBytes),
            StackSize = StackBytes,
            Cgroup = (ulong)(cgroup?.Number ?? 0),
        };
        var pid = Spawn(&clone, (nuint)sizeof(CloneArgs), ops, registers, errors.Number);
        if (pid < 0) throw new SyscallException("clone3", (Errno)(-pid), "the new process");
        return ((int)pid, new Fd(pidFd));
    }

    [LibraryImport("spawn", EntryPoint = "orun_spawn")]
    private static partial nint Spawn(CloneArgs* clone, nuint size, byte* ops, long* registers, nint errorDescriptor);

    // struct clone_args of clone3(2).
    struct CloneArgs
    {
        public ulong Flags, PidFd, ChildTid, ParentTid, ExitSignal, Stack, StackSize, Tls, SetTid, SetTidSize, Cgroup;
    }
}
