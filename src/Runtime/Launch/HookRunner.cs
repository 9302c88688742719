using System.Diagnostics;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.State;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>Runs hooks in order, each with the container's state on its stdin (config.md, "POSIX-platform Hooks").</summary>
static class HookRunner
{
    const int Kill = 9;

    /// <exception cref="HookException">A hook did not end with 0 in its time; those after it did not run.</exception>
    public static void Run(IReadOnlyList<Hook> hooks, ContainerState container, ContainerStatus status)
    {
        if (hooks.Count == 0) return;
        var state = container.WriteOci(status);
        foreach (var hook in hooks) Run(hook, state, null);
    }

    /// <summary>Runs hooks in the namespaces of the container's first process.</summary>
    /// <param name="hooks">In this order.</param>
    /// <param name="container">What they get on stdin, and whose pid it is.</param>
    /// <param name="status">As above.</param>
    /// <param name="init">That process.</param>
    /// <exception cref="HookException">As above.</exception>
    public static void RunInside(IReadOnlyList<Hook> hooks, ContainerState container, ContainerStatus status, Fd init)
    {
        if (hooks.Count == 0) return;
        var state = container.WriteOci(status);
        // Before the container has changed its root, hooks find that as their working directory.
        var directory = status == ContainerStatus.Creating ? container.Rootfs : "/";
        var inside = new Inside(init, ContainerNamespaces.Different(container.Pid), ContainerNamespaces.HasOwnPids(container.Pid), directory);
        foreach (var hook in hooks) Run(hook, state, inside);
    }

    static void Run(Hook hook, byte[] state, Inside? inside)
    {
        var (read, write) = Kernel.Pipe();
        using (read)
        using (write)
        {
            var ops = new OpList();
            var what = $"{hook.Kind} hook {hook.Path}";
            var given = new List<(Slot, Fd)> { (Slots.Target, read) };
            if (inside is not null)
            {
                given.Add((Slots.Init, inside.Init));
                if (inside.Namespaces != CloneFlags.None) ops.Add(what, Call.setns, Slots.Init, inside.Namespaces);
                if ((inside.Namespaces & CloneFlags.NEWUSER) != 0) UserNamespaceSteps.BecomeRoot(ops);
                ops.Add(what, Call.chdir, inside.Directory).Tolerate(Errno.EACCES);
            }

            ops.Add(what, Call.dup3, Slots.Target, 0, 0);
            ProgramSteps.ExecutePath(ops, what, hook.Path, hook.Args, hook.Env ?? HostProbe.Variables());
            var plan = ops.Build(CloneFlags.None) with { OwnMemory = ((inside?.Namespaces ?? CloneFlags.None) & CloneFlags.NEWTIME) != 0 };
            using var process = Launched.Start(plan, given, entered: inside is { HasOwnPids: true } ? [(inside.Init, CloneFlags.NEWPID)] : []);
            read.Dispose();
            process.Next();
            // A hook that does not read its stdin is within its rights; SIGPIPE is held back, so this is an error number.
            try
            {
                Kernel.WriteAll(write.Number, state, what);
            }
            catch (SyscallException e) when (e.Errno == Errno.EPIPE)
            {
            }

            write.Dispose();
            Await(hook, process);
        }
    }

    sealed record Inside(Fd Init, CloneFlags Namespaces, bool HasOwnPids, string Directory);

    static void Await(Hook hook, Launched process)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var left = hook.TimeoutSeconds is { } seconds ? (int)Math.Max(0, seconds * 1000L - clock.ElapsedMilliseconds) : -1;
            PollFd[] ended = [new PollFd(process.PidFd.Number, PollFd.In)];
            if (Kernel.Poll(ended, left) > 0) break;
            if (left != 0) continue;
            Kernel.Signal(process.PidFd, Kill);
            Kernel.Wait(process.Pid, block: true, out _);
            throw new HookException($"{hook.Kind} hook {hook.Path}: not done after {hook.TimeoutSeconds} s");
        }

        Kernel.Wait(process.Pid, block: true, out var status);
        if (status.ExitCode != 0) throw new HookException($"{hook.Kind} hook {hook.Path}: ended with {status.ExitCode}");
    }
}

/// <summary>A hook that failed or took too long.</summary>
sealed class HookException(string message) : Exception(message);
