using System.Buffers.Binary;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>How far a launch has come.</summary>
enum Milestone
{
    MapsDue,
    ListenerMade,
    HooksDue,
    Parked,
    Executed,
}

/// <summary>A process on its way from clone to exec.</summary>
sealed class Launched : IDisposable
{
    const int ReportBytes = 8;

    readonly LaunchPlan _plan;
    readonly Fd _reports;
    readonly Fd _sync;
    readonly Arena _arena;
    int _listener;

    Launched(LaunchPlan plan, int pid, Fd pidFd, Fd reports, Fd sync, Arena arena)
    {
        (_plan, Pid, PidFd, _reports, _sync, _arena) = (plan, pid, pidFd, reports, sync, arena);
    }

    public int Pid { get; private set; }

    public Fd PidFd { get; private set; }

    /// <summary>Opens what the plan needs and clones.</summary>
    /// <param name="plan">What the process does.</param>
    /// <param name="given">Slots that the caller fills, such as the start fifo.</param>
    /// <param name="cgroup">A cgroup v2 directory to be born in.</param>
    /// <param name="entered">Namespaces (a file or a pidfd, and the kind) that this thread enters for the clone, and leaves again.</param>
    public static Launched Start(
        LaunchPlan plan, IReadOnlyList<(Slot Slot, Fd Fd)> given, Fd? cgroup = null, IReadOnlyList<(Fd Fd, CloneFlags Kind)>? entered = null)
    {
        var opened = new List<(Slot Slot, Fd Fd)>();
        var (reports, errors) = Kernel.Pipe();
        var (syncRead, syncWrite) = Kernel.Pipe();
        try
        {
            foreach (var input in plan.Inputs) opened.Add((input.Slot, Kernel.Open(input.Path, input.Flags)));
            var slots = opened.Concat(given).Append((Slots.Sync, syncRead)).Select(pair => (pair.Item1, pair.Item2.Number));
            // Later children, such as hooks, belong to this process's own namespaces.
            using var visit = NamespaceVisit.Begin(entered ?? []);
            var arena = new Arena();
            var (pid, pidFd) = Spawner.Start(plan, slots, errors, cgroup, arena);
            return new Launched(plan, pid, pidFd, reports, syncWrite, arena);
        }
        catch
        {
            reports.Dispose();
            syncWrite.Dispose();
            throw;
        }
        finally
        {
            foreach (var (_, fd) in opened) fd.Dispose();
            errors.Dispose();
            syncRead.Dispose();
        }
    }

    /// <summary>Waits for the next milestone.</summary>
    /// <exception cref="LaunchException">A step failed; the process has ended.</exception>
    public Milestone Next()
    {
        Span<byte> report = stackalloc byte[ReportBytes];
        var length = Kernel.Read(_reports.Number, report, "launch reports");
        if (length == 0)
        {
            _arena.Free();
            return Milestone.Executed;
        }

        var place = BinaryPrimitives.ReadUInt32LittleEndian(report);
        switch (place)
        {
            case LaunchPlanner.Reborn:
                Follow((int)BinaryPrimitives.ReadUInt32LittleEndian(report[4..]));
                return Next();
            case LaunchPlanner.ListenerMade:
                _listener = (int)BinaryPrimitives.ReadUInt32LittleEndian(report[4..]);
                return Milestone.ListenerMade;
            case LaunchPlanner.MapsDue: return Milestone.MapsDue;
            case LaunchPlanner.HooksDue: return Milestone.HooksDue;
            case LaunchPlanner.Parked: return Milestone.Parked;
        }

        var op = _plan.Ops[(int)place];
        Kernel.Wait(Pid, block: true, out _);
        throw new LaunchException(op.What, op.Call == Call.expect ? "check" : op.Call.ToString(),
            (Errno)BinaryPrimitives.ReadUInt32LittleEndian(report[4..]));
    }

    // The next process is this one's child as well, so that its number can't come to mean another.
    void Follow(int next)
    {
        Kernel.Wait(Pid, block: true, out _);
        PidFd.Dispose();
        (Pid, PidFd) = (next, Kernel.PidFd(next));
        GoOn();
    }

    /// <summary>After ListenerMade: the descriptor by which the process's notified system calls are answered.</summary>
    public Fd TakeListener() => Kernel.DescriptorOf(PidFd, _listener, "seccomp listener");

    /// <summary>Lets the process go on after a milestone that it waits at.</summary>
    public void GoOn() => Kernel.WriteAll(_sync.Number, [1], "launch sync");

    /// <summary>Ends the process, wherever it is, and reaps it.</summary>
    public void Abandon()
    {
        const int kill = 9;
        Kernel.Signal(PidFd, kill);
        Kernel.Wait(Pid, block: true, out _);
    }

    public void Dispose()
    {
        _reports.Dispose();
        _sync.Dispose();
        PidFd.Dispose();
    }
}
