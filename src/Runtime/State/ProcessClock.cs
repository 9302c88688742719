using System.Globalization;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.State;

/// <summary>Tells whether a pid still means the process it meant: numbers are used again, start times are not.</summary>
static class ProcessClock
{
    const int StateField = 0, StartTimeField = 19; // proc_pid_stat(5), fields 3 and 22, counted after the name

    /// <summary>The start time in clock ticks since boot, or null if there is no such process or only its remains (a zombie).</summary>
    public static ulong? StartTime(int pid)
    {
        string? stat;
        try
        {
            stat = Kernel.TryReadText($"/proc/{pid}/stat");
        }
        catch (SyscallException e) when (e.Errno == Errno.ESRCH)
        {
            return null; // it ended between open and read
        }

        if (stat is null) return null;
        // The name stands in brackets and may itself hold any character.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields[StateField] is "Z" or "X" ? null : ulong.Parse(fields[StartTimeField], CultureInfo.InvariantCulture);
    }

    public static bool IsAlive(ContainerState state) => StartTime(state.Pid) == state.StartTime;
}
