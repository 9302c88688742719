using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// Decides, without touching anything, all that a container's first process does between clone and exec, in order.
/// </summary>
static class LaunchPlanner
{
    const CloneFlags MadeAtClone = CloneFlags.NEWPID | CloneFlags.NEWNS | CloneFlags.NEWNET | CloneFlags.NEWIPC | CloneFlags.NEWUTS
        | CloneFlags.NEWUSER | CloneFlags.NEWTIME;

    /// <summary>A milestone, not an error: there is a seccomp listener, whose descriptor stands where the error number would.</summary>
    public const uint ListenerMade = 0xFFFFFFFB;

    /// <summary>A milestone, not an error: the process goes on as another one, whose pid stands where the error number would.</summary>
    public const uint Reborn = 0xFFFFFFFC;

    /// <summary>A milestone, not an error: the process waits for the maps of its user namespace and the offsets of its clocks.</summary>
    public const uint MapsDue = 0xFFFFFFFD;

    /// <summary>A milestone, not an error: the process waits for the hooks.</summary>
    public const uint HooksDue = 0xFFFFFFFE;

    /// <summary>A milestone, not an error: the process waits for start.</summary>
    public const uint Parked = 0xFFFFFFFF;

    /// <exception cref="ConfigException">The configuration contradicts itself.</exception>
    public static LaunchPlan Plan(LaunchRequest request)
    {
        var config = request.Config;
        var process = config.Process ?? throw new ConfigException("process", "is missing");
        var made = CloneFlags.None;
        foreach (var ns in config.Linux.Namespaces)
            if (ns.Path.Length == 0)
                made |= ns.Kind;
        if (config.Linux.Namespace(CloneFlags.NEWNS) is null)
            throw new ConfigException("linux.namespaces", "a container without a mount namespace of its own is not supported");

        var ops = new OpList();
        CgroupSteps.Join(ops, request.Cgroups);
        var atClone = Namespaces(ops, config.Linux, made);
        SessionSteps.Begin(ops, request.Id, request.KeepsKeyring);
        HostSteps.Names(ops, config);
        HostSteps.Loopback(ops, made);
        HostSteps.Sysctls(ops, config);
        var shared = MountSteps.OpenBinds(ops, request);
        RootSteps.Bind(ops, request);
        MountSteps.All(ops, request, shared, (made & CloneFlags.NEWCGROUP) != 0);
        DeviceSteps.All(ops, request);
        if (process.Terminal) ConsoleSteps.Open(ops, process, isFirst: true);
        PathMaskSteps.All(ops, config.Linux);
        MountSteps.SealDev(ops, config);
        SessionSteps.MakeCwd(ops, process);
        if (config.Hooks.BeforePivot.Count + config.Hooks.CreateContainer.Count > 0) SessionSteps.AwaitHooks(ops);
        RootSteps.Enter(ops, config, request.NoPivot, request.Host.KernelMounts);
        ProgramSteps.Prepare(ops, request.PreservedDescriptors);
        SchedulingSteps.All(ops, process, config.Linux);
        LabelSteps.All(ops, process, request.Host);
        if (request.LauncherLivesOn) DescriptorSteps.LeaveLaunchers(ops);
        IdentitySteps.Take(ops, process, request.Host, config.Linux.Seccomp, config.Annotations.GetValueOrDefault(KeptGroups) == "1");
        ProgramSteps.Find(ops, process);
        IdentitySteps.Confine(ops, process, config.Linux.Seccomp);
        // With create, `start` runs them, and the wait for start is a wait for them.
        if (config.Hooks.StartContainer.Count > 0 && !request.WaitsForStart) SessionSteps.AwaitHooks(ops);
        ProgramSteps.Execute(ops, process, request.WaitsForStart);
        return ops.Build(atClone) with { OwnMemory = request.LauncherLivesOn || config.Linux.Namespace(CloneFlags.NEWTIME) is { Path.Length: > 0 } };
    }

    /// <summary>By which podman asks (--group-add keep-groups) that the program has the groups of who started it.</summary>
    const string KeptGroups = "run.oci.keep_original_groups";

    /// <summary>
    /// The namespaces to join that the launcher enters for the clone, and leaves again: the pid namespace, because setns(2) moves only children
    /// there, and all when the child is born into a user namespace in which it has no right to them.
    /// </summary>
    public static IEnumerable<NamespaceSpec> EnteredByLauncher(LinuxSpec linux)
    {
        var isBornAsUser = linux.Namespace(CloneFlags.NEWUSER) is { Path.Length: 0 };
        return linux.Namespaces.Where(ns => ns.Path.Length > 0 && (isBornAsUser || ns.Kind == CloneFlags.NEWPID));
    }

    /// <exception cref="ConfigException">The process description contradicts itself.</exception>
    public static LaunchPlan Plan(ExecRequest request)
    {
        var process = request.Process;
        var ops = new OpList();
        SchedulingSteps.Affinity(ops, "initial", process.ExecAffinity.Initial);
        CgroupSteps.Join(ops, request.Cgroups);
        SchedulingSteps.Affinity(ops, "final", process.ExecAffinity.Final);
        if (request.Namespaces != CloneFlags.None)
            ops.Add("join the container's namespaces", Call.setns, Slots.Init, request.Namespaces);
        if ((request.Namespaces & CloneFlags.NEWUSER) != 0) UserNamespaceSteps.BecomeRoot(ops);
        SessionSteps.Begin(ops, request.Id);
        RootSteps.Hold(ops);
        if (process.Terminal) ConsoleSteps.Open(ops, process, isFirst: false);
        ProgramSteps.Prepare(ops, request.PreservedDescriptors);
        SchedulingSteps.All(ops, process, request.Linux);
        LabelSteps.All(ops, process, request.Host);
        IdentitySteps.Take(ops, process, request.Host, request.Linux.Seccomp);
        ProgramSteps.Find(ops, process);
        IdentitySteps.Confine(ops, process, request.Linux.Seccomp);
        ProgramSteps.Execute(ops, process, waitsForStart: false);
        return ops.Build(CloneFlags.None) with { OwnMemory = (request.Namespaces & CloneFlags.NEWTIME) != 0 };
    }

    /// <returns>The namespaces that are made with the process; the others it makes itself.</returns>
    static CloneFlags Namespaces(OpList ops, LinuxSpec linux, CloneFlags made)
    {
        var atClone = made & MadeAtClone;
        var isJoinedUser = linux.Namespace(CloneFlags.NEWUSER) is { Path.Length: > 0 };
        if (isJoinedUser)
        {
            JoinNamespaces(ops, linux);
            UserNamespaceSteps.MakeAsRoot(ops, atClone);
            atClone = CloneFlags.None;
        }

        if ((made & CloneFlags.NEWUSER) != 0 || linux.TimeOffsets.Count > 0) SessionSteps.AwaitMaps(ops);
        if ((made & CloneFlags.NEWUSER) != 0)
        {
            UserNamespaceSteps.BecomeRoot(ops);
            // Its message queues belong to whom the process is when it makes the namespace.
            if ((made & CloneFlags.NEWIPC) != 0) ops.Add("make the ipc namespace", Call.unshare, CloneFlags.NEWIPC);
            atClone &= ~CloneFlags.NEWIPC;
        }

        if (!isJoinedUser) JoinNamespaces(ops, linux);
        // After the cgroups are joined, so that they become the root of what the container sees.
        if ((made & CloneFlags.NEWCGROUP) != 0) ops.Add("make the cgroup namespace", Call.unshare, CloneFlags.NEWCGROUP);
        return atClone;
    }

    static void JoinNamespaces(OpList ops, LinuxSpec linux)
    {
        var entered = EnteredByLauncher(linux).Select(ns => ns.Kind).ToList();
        // The user namespace last: in it, there is no more right to enter those of the host.
        foreach (var ns in linux.Namespaces.OrderBy(ns => ns.Kind == CloneFlags.NEWUSER))
        {
            if (ns.Path.Length == 0 || entered.Contains(ns.Kind)) continue;
            var slot = ops.Open(ns.Name + "Namespace", ns.Path, O.RDONLY);
            ops.Add($"join the {ns.Name} namespace {ns.Path}", Call.setns, slot, ns.Kind);
            ops.Add($"join the {ns.Name} namespace", Call.close, slot);
        }
    }
}
