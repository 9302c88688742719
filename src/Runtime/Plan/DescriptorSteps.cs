using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// Lets go of the descriptors of a launcher that lives on: until the exec they would keep its sockets, pipes and locks open. Those that the plan still
/// needs are first moved out of the way.
/// </summary>
static class DescriptorSteps
{
    const int DuplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
    const int AboveOthers = 512; // a launcher with more open than that leaves the rest to the exec
    const int FirstAfterStdio = 3;

    public static void LeaveLaunchers(OpList ops)
    {
        const string what = "leave the launcher's descriptors";
        ops.Add(what, Call.dup3, Slots.Input, 0, 0);
        ops.Add(what, Call.dup3, Slots.Output, 1, 0);
        ops.Add(what, Call.dup3, Slots.ErrorOutput, 2, 0);
        foreach (var slot in (Slot[])[Slots.Errors, Slots.Sync, Slots.StartFifo, Slots.StartResult, Slots.Root])
            ops.Add(what, Call.fcntl, slot, Arg.Named(DuplicateCloseOnExec, "F_DUPFD_CLOEXEC"), AboveOthers).Into(slot);
        ops.Add(what, Call.report, Slots.Errors);
        ops.Add(what, Call.close_range, FirstAfterStdio, AboveOthers - 1, 0);
    }
}
