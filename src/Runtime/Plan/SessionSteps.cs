using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>The process's place among others: its session, keyring, working directory, and the pause for hooks.</summary>
static class SessionSteps
{
    const int JoinSessionKeyring = 1;
    const int MilestoneBytes = 8;

    public static void Begin(OpList ops, string id, bool keepsKeyring = false)
    {
        ops.Add("start a session", Call.setsid);
        if (keepsKeyring) return;
        // A kernel without keyrings has none to leak.
        ops.Add("make a session keyring", Call.keyctl, JoinSessionKeyring, "_ses." + id).Tolerate(Errno.ENOSYS);
    }

    public static void MakeCwd(OpList ops, ProcessSpec process)
    {
        if (PathSteps.Clean(process.Cwd).Length == 0) return;
        PathSteps.ResolveOrMake(ops, $"process.cwd {process.Cwd}", process.Cwd, directory: true);
        ops.Add("process.cwd", Call.close, Slots.Target);
    }

    /// <summary>
    /// Enters the working directory. A path such as /proc/self/fd/7 could lead out through a descriptor of the launcher's:
    /// magic links are refused, and the kernel must be able to name the place from this root (CVE-2024-21626).
    /// </summary>
    public static void EnterCwd(OpList ops, ProcessSpec process)
    {
        const int most = 4096;
        var what = $"process.cwd {process.Cwd}";
        if (PathSteps.Clean(process.Cwd).Length == 0)
        {
            ops.Add(what, Call.chdir, "/");
        }
        else
        {
            PathSteps.FindDirectory(ops, what, process.Cwd);
            ops.Add(what, Call.fchdir, Slots.Target);
            ops.Add(what, Call.close, Slots.Target);
        }

        var name = new Scratch("cwd", new byte[most]);
        ops.Add(what, Call.getcwd, name, most);
        ops.Add($"{what} is outside the container", Call.expect, name, 0xFF, (int)'/', (int)Errno.EXDEV);
    }

    public static void AwaitHooks(OpList ops) => Await(ops, LaunchPlanner.HooksDue, "the hooks");

    /// <summary>Waits until the launcher has written what only it may write: id maps and clock offsets.</summary>
    public static void AwaitMaps(OpList ops) => Await(ops, LaunchPlanner.MapsDue, "the namespaces' settings");

    static void Await(OpList ops, uint milestone, string name)
    {
        ops.Add("wait for " + name, Call.write, Slots.Errors, Blocks.Milestone(milestone, name), MilestoneBytes);
        AwaitLauncher(ops, name);
    }

    public static void AwaitLauncher(OpList ops, string name = "the launcher")
    {
        var answer = new Scratch("answer", new byte[MilestoneBytes]);
        ops.Add("wait for " + name, Call.read, Slots.Sync, answer, 1);
        // The launcher writes 1; nothing read means that it gave up.
        ops.Add($"{name} did not come", Call.expect, answer, 0xFF, 1, (int)Errno.EPIPE);
    }
}
