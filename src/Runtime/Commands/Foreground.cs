using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>Waits for a process that runs in the foreground; passes signals on to it.</summary>
static class Foreground
{
    // HUP, INT, QUIT, USR1, USR2, TERM, CONT, WINCH: bit number - 1.
    const ulong PassedOn = 0x8024A07;

    const int WindowChanged = 28; // SIGWINCH

    /// <returns>The exit code, 128 + signal for a death by signal.</returns>
    public static int Wait(Launched process, Terminal terminal, NotifySocket? notify = null)
    {
        using var signals = Kernel.SignalFd(PassedOn);
        var (console, input) = (new PollFd(-1, 0), new PollFd(-1, 0));
        while (true)
        {
            if (terminal.Taken) (console, input) = terminal.Awaited();
            PollFd[] waiting = [new PollFd(process.PidFd.Number, PollFd.In), new PollFd(signals.Number, PollFd.In), console, input, notify?.Awaited ?? new PollFd(-1, 0)];
            Kernel.Poll(waiting, -1);
            while (Kernel.NextSignal(signals) is var signal and not 0)
            {
                // The kernel tells the process itself of its console's new size.
                if (terminal.Taken && signal == WindowChanged) terminal.FollowSize();
                else Kernel.Signal(process.PidFd, signal);
            }

            if ((waiting[4].Ready & PollFd.In) != 0) notify?.PassOn();
            if (terminal.Taken) terminal.Relay(waiting[2], waiting[3]);
            if ((waiting[0].Ready & PollFd.In) == 0) continue;
            if (terminal.Taken) terminal.Print();
            Kernel.Wait(process.Pid, block: true, out var status);
            return status.ExitCode;
        }
    }
}
