using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>A container that the shim is the parent of: its record, its output, and where to look for its death by memory.</summary>
sealed class PodContainer(string id, LogFile log, LogStream output, LogStream errors) : IDisposable
{
    const int FinalRounds = 1024; // more than a pipe's buffer holds: after the exit all of it is copied

    public ContainerRecord Record { get; private set; } =
        new(id, 0, ContainerRecord.Created, 0, 0, false, null, null);

    public LogStream Output { get; } = output;

    public LogStream Errors { get; } = errors;

    public CgroupDirectory? MemoryCgroup { get; private set; }

    /// <summary>What it executes, if the shim launched it itself; null: a child did, and starts it too.</summary>
    public string? Program { get; set; }

    /// <summary>False until `orun create` has succeeded.</summary>
    public bool IsListed => Record.Pid != 0;

    public bool IsStopped => Record.Status == ContainerRecord.Stopped;

    public void Created(int pid, CgroupDirectory? memoryCgroup)
    {
        Record = Record with { Pid = pid };
        MemoryCgroup = memoryCgroup;
    }

    /// <summary>Start is asked for; the process may well end before start is answered.</summary>
    public void Starting() => Record = Record with { StartedAt = DateTime.UtcNow };

    public void Started()
    {
        if (!IsStopped) Record = Record with { Status = ContainerRecord.Running };
    }

    public void NotStarted() => Record = Record with { StartedAt = null };

    public void Exited(WaitStatus status)
    {
        Output.Pump(FinalRounds);
        Errors.Pump(FinalRounds);
        Record = Record with
        {
            Status = ContainerRecord.Stopped, ExitCode = status.ExitCode, Signal = status.Signal,
            OomKilled = MemoryCgroup?.OomKills() > 0, FinishedAt = DateTime.UtcNow,
        };
    }

    public void Dispose()
    {
        Output.Dispose();
        Errors.Dispose();
        log.Dispose();
    }
}
