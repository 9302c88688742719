using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>User namespaces without a process, held by a descriptor: what mount_setattr(2) wants to map a mount's ids by.</summary>
static class UserNamespace
{
    /// <summary>The container's: the one it joins, or one with the maps that it will get.</summary>
    public static Fd Of(LinuxSpec linux) =>
        linux.Namespace(CloneFlags.NEWUSER) is { Path.Length: > 0 } joined ? Kernel.Open(joined.Path, O.RDONLY) : Make(linux.Ids);

    public static Fd Make(IdMappings ids)
    {
        const string what = "make a user namespace";
        var ops = new OpList();
        ops.Add(what, Call.read, Slots.Sync, new Scratch("nothing", new byte[8]), 1);
        ops.Add(what, Call.exit, 0);
        using var holder = Launched.Start(ops.Build(CloneFlags.NEWUSER), []);
        try
        {
            NamespaceSettings.Write(holder.Pid, ids);
            return Kernel.Open($"/proc/{holder.Pid}/ns/user", O.RDONLY);
        }
        finally
        {
            holder.Abandon();
        }
    }
}
