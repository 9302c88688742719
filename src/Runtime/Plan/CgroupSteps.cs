using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// Entering cgroup v1: a process with one thread writes 0 into `tasks`, which spares the kernel the grace period that moving
/// another process costs (10 ms and more). cgroup v2 is entered by clone3 itself.
/// </summary>
static class CgroupSteps
{
    public static void Join(OpList ops, CgroupMembership membership)
    {
        foreach (var file in membership.TaskFiles)
        {
            var what = $"join the {file.Controllers} cgroup {file.Path}";
            var slot = ops.Open("tasks:" + file.Controllers, file.Path, O.WRONLY);
            ops.Add(what, Call.write, slot, "0", 1);
            ops.Add(what, Call.close, slot);
        }
    }
}
