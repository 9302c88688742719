using System.Buffers.Binary;
using System.Globalization;
using Orchestrator.Runtime.Seccomp;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// Who the program is and what it may do: limits, user, groups, capabilities, no_new_privs, seccomp. Privileges go last-needed-first,
/// and the filter comes last of all, so that a profile need not allow what is done here, unless it must be loaded while the right to do so is still there.
/// </summary>
static class IdentitySteps
{
    const int DropBounding = 24, KeepCapabilities = 8, NoNewPrivileges = 38, Ambient = 47, AmbientRaise = 2, AmbientClear = 4;
    const int SetFilterMode = 1;
    const ulong NewListener = 8; // SECCOMP_FILTER_FLAG_NEW_LISTENER
    const uint DefaultUmask = 0x12; // 0022

    public static void Take(OpList ops, ProcessSpec process, HostFacts host, SeccompSpec? seccomp, bool keepsGroups = false)
    {
        ops.Add("process.user.umask", Call.umask, Arg.Octal(process.User.Umask ?? DefaultUmask));
        foreach (var limit in process.Rlimits)
        {
            ops.Add($"process.rlimits {limit.Name} {limit.Soft}/{limit.Hard} (a hard limit is raised only with CAP_SYS_RESOURCE)",
                Call.prlimit64, 0, limit.Number, Blocks.Limit(limit.Soft, limit.Hard), Arg.Null);
        }

        SessionSteps.EnterCwd(ops, process);
        if (seccomp is not null && !process.NoNewPrivileges) Filter(ops, seccomp);
        var sets = Given(ops, process.Capabilities, host);
        for (var number = 0; number <= host.LastCapability; number++)
        {
            if ((sets.Bounding >> number & 1) != 0) continue;
            var name = number < CapabilityNames.Count ? CapabilityNames.Name(number) : number.ToString(CultureInfo.InvariantCulture);
            ops.Add("drop from the bounding set", Call.prctl, Arg.Named(DropBounding, "CAPBSET_DROP"), Arg.Named(number, name));
        }

        User(ops, process.User, keepsGroups);
        Capabilities(ops, sets);
    }

    /// <summary>The last step before the program: from here on the process may only do what its profile allows.</summary>
    public static void Confine(OpList ops, ProcessSpec process, SeccompSpec? seccomp)
    {
        if (!process.NoNewPrivileges) return;
        ops.Add("set no_new_privs", Call.prctl, Arg.Named(NoNewPrivileges, "NO_NEW_PRIVS"), 1, 0, 0, 0);
        if (seccomp is not null) Filter(ops, seccomp);
    }

    static void User(OpList ops, UserSpec user, bool keepsGroups)
    {
        ops.Add("keep capabilities over the change of user", Call.prctl, Arg.Named(KeepCapabilities, "KEEPCAPS"), 1);
        if (!keepsGroups) ops.Add("process.user.additionalGids", Call.setgroups, user.AdditionalGids.Count, Blocks.Ids(user.AdditionalGids));
        ops.Add("process.user.gid", Call.setresgid, (long)user.Gid, (long)user.Gid, (long)user.Gid);
        ops.Add("process.user.uid", Call.setresuid, (long)user.Uid, (long)user.Uid, (long)user.Uid);
    }

    static void Capabilities(OpList ops, CapabilitySpec sets)
    {
        const string what = "process.capabilities";
        ops.Add(what, Call.capset, Blocks.CapabilityHeader(), Blocks.CapabilitySets(sets.Effective, sets.Permitted, sets.Inheritable));
        ops.Add(what, Call.prctl, Arg.Named(Ambient, "CAP_AMBIENT"), Arg.Named(AmbientClear, "CLEAR_ALL"), 0, 0, 0);
        for (var number = 0; number < CapabilityNames.Count; number++)
        {
            if ((sets.Ambient >> number & 1) == 0) continue;
            ops.Add(what, Call.prctl, Arg.Named(Ambient, "CAP_AMBIENT"), Arg.Named(AmbientRaise, "RAISE"),
                Arg.Named(number, CapabilityNames.Name(number)), 0, 0);
        }
    }

    // What the launcher itself lacks can't be given. Fewer rights than asked for is safe, so this is a warning, as in runc.
    static CapabilitySpec Given(OpList ops, CapabilitySpec? asked, HostFacts host)
    {
        if (asked is null) return new CapabilitySpec(0, 0, 0, 0, 0);
        var all = asked.Bounding | asked.Permitted | asked.Effective | asked.Inheritable | asked.Ambient;
        if ((all & ~host.Capabilities) is var lacking and not 0)
            ops.Warn($"process.capabilities: not available here, left out: {CapabilityNames.InWords(lacking)}");
        return new CapabilitySpec(asked.Bounding & host.Capabilities, asked.Effective & host.Capabilities,
            asked.Permitted & host.Capabilities, asked.Inheritable & host.Capabilities, asked.Ambient & host.Capabilities);
    }

    static void Filter(OpList ops, SeccompSpec seccomp)
    {
        const string what = "linux.seccomp";
        const int milestoneBytes = 8, numberOffset = 4;
        var flags = seccomp.Flags | (seccomp.Notifies ? NewListener : 0);
        var load = ops.Add(what, Call.seccomp, SetFilterMode, (long)flags, new Arg.Filter(FilterCompiler.Compile(seccomp, ops.Warn)));
        if (!seccomp.Notifies) return;
        // The launcher takes the listener out of this process, which is held until it has. The kernel made it close-on-exec.
        load.Into(Slots.Scrap);
        var milestone = new Scratch("listener made", new byte[milestoneBytes]);
        BinaryPrimitives.WriteUInt32LittleEndian(milestone.Initial, LaunchPlanner.ListenerMade);
        ops.Add(what, Call.store, new Arg.Inside(milestone, numberOffset), Slots.Scrap);
        ops.Add(what, Call.write, Slots.Errors, milestone, milestoneBytes);
        SessionSteps.AwaitLauncher(ops, "the agent of linux.seccomp.listenerPath");
    }
}
