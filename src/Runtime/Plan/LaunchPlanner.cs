using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>
/// Decides, without touching anything, all that a container's first process does between clone and exec, in order.
/// </summary>
static class LaunchPlanner
{
    const CloneFlags MadeAtClone =
        CloneFlags.NEWPID | CloneFlags.NEWNS | CloneFlags.NEWNET | CloneFlags.NEWIPC | CloneFlags.NEWUTS;

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
        if ((made & CloneFlags.NEWNS) == 0)
            throw new ConfigException("linux.namespaces", "a container without a mount namespace of its own is not supported");

        var ops = new OpList();
        CgroupSteps.Join(ops, request.Cgroups);
        JoinNamespaces(ops, config.Linux.Namespaces, made);
        SessionSteps.Begin(ops, request.Id);
        HostSteps.Names(ops, config);
        HostSteps.Loopback(ops, made);
        HostSteps.Sysctls(ops, config);
        var shared = MountSteps.OpenShared(ops, request);
        RootSteps.Bind(ops, config, request.Bundle);
        MountSteps.All(ops, request, shared, (made & CloneFlags.NEWCGROUP) != 0);
        DeviceSteps.All(ops, request);
        if (process.Terminal) ConsoleSteps.Open(ops, process, isFirst: true);
        PathMaskSteps.All(ops, config.Linux);
        SessionSteps.MakeCwd(ops, process);
        if (config.Hooks.BeforePivot.Count + config.Hooks.CreateContainer.Count > 0) SessionSteps.AwaitHooks(ops);
        RootSteps.Enter(ops, config, request.NoPivot);
        IdentitySteps.All(ops, process, request.Host, config.Linux.Seccomp);
        // With create, `start` runs them, and the wait for start is a wait for them.
        if (config.Hooks.StartContainer.Count > 0 && !request.WaitsForStart) SessionSteps.AwaitHooks(ops);
        ProgramSteps.Execute(ops, process, request.PreservedDescriptors, request.WaitsForStart);
        return ops.Build(made & MadeAtClone);
    }

    /// <exception cref="ConfigException">The process description contradicts itself.</exception>
    public static LaunchPlan Plan(ExecRequest request)
    {
        var process = request.Process;
        var ops = new OpList();
        CgroupSteps.Join(ops, request.Cgroups);
        if (request.Namespaces != CloneFlags.None)
            ops.Add("join the container's namespaces", Call.setns, Slots.Init, request.Namespaces);
        SessionSteps.Begin(ops, request.Id);
        RootSteps.Hold(ops);
        if (process.Terminal) ConsoleSteps.Open(ops, process, isFirst: false);
        IdentitySteps.All(ops, process, request.Host, request.Seccomp);
        ProgramSteps.Execute(ops, process, request.PreservedDescriptors, waitsForStart: false);
        return ops.Build(CloneFlags.None);
    }

    // The pid namespace is joined by the launcher: setns(2) moves only children there.
    static void JoinNamespaces(OpList ops, IReadOnlyList<NamespaceSpec> namespaces, CloneFlags made)
    {
        foreach (var ns in namespaces)
        {
            if (ns.Path.Length == 0 || ns.Kind == CloneFlags.NEWPID) continue;
            var slot = ops.Open(ns.Name + "Namespace", ns.Path, O.RDONLY);
            ops.Add($"join the {ns.Name} namespace {ns.Path}", Call.setns, slot, ns.Kind);
            ops.Add($"join the {ns.Name} namespace", Call.close, slot);
        }

        // After the cgroups are joined, so that they become the root of what the container sees.
        if ((made & CloneFlags.NEWCGROUP) != 0) ops.Add("make the cgroup namespace", Call.unshare, CloneFlags.NEWCGROUP);
    }
}
