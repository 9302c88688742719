using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>What a process does that has come into a user namespace (user_namespaces(7)).</summary>
static class UserNamespaceSteps
{
    /// <summary>
    /// Becomes the namespace's root, so that what it makes belongs to that. It has all capabilities there already, but still the launcher's ids, which
    /// most often mean nobody in there. A namespace without a root is left as it is: then process.user says who.
    /// </summary>
    public static void BecomeRoot(OpList ops)
    {
        const string what = "become root of the user namespace";
        ops.Add(what, Call.setresgid, 0, 0, 0).Tolerate(Errno.EINVAL);
        ops.Add(what, Call.setresuid, 0, 0, 0).Tolerate(Errno.EINVAL);
    }

    /// <summary>
    /// Makes namespaces in a user namespace that was joined, so that they are its own. A new pid namespace is for children only: the process goes on as
    /// a child of the launcher's that is in it from birth.
    /// </summary>
    public static void MakeAsRoot(OpList ops, CloneFlags made)
    {
        const string what = "make namespaces in the user namespace";
        BecomeRoot(ops);
        if (made == CloneFlags.None) return;
        if ((made & CloneFlags.NEWPID) == 0)
        {
            ops.Add(what, Call.unshare, made);
            return;
        }

        ops.Add(what, Call.rebirth, Blocks.CloneSibling(made | CloneFlags.VM | CloneFlags.CLEAR_SIGHAND), Blocks.CloneArgsBytes);
        SessionSteps.AwaitLauncher(ops);
    }
}
