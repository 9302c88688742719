using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>Waits for a process that runs in the foreground; passes signals on to it.</summary>
static class Foreground
{
    // HUP, INT, QUIT, USR1, USR2, TERM, CONT, WINCH: bit number - 1.
    const ulong PassedOn = 0x8024A07;

    /// <returns>The exit code, 128 + signal for a death by signal.</returns>
    public static int Wait(Launched process)
    {
        using var signals = Kernel.SignalFd(PassedOn);
        PollFd[] waiting = [new PollFd(process.PidFd.Number, PollFd.In), new PollFd(signals.Number, PollFd.In)];
        while (true)
        {
            Kernel.Poll(waiting, -1);
            while (Kernel.NextSignal(signals) is var signal and not 0) Kernel.Signal(process.PidFd, signal);
            if ((waiting[0].Ready & PollFd.In) == 0) continue;
            Kernel.Wait(process.Pid, block: true, out var status);
            return status.ExitCode;
        }
    }
}
