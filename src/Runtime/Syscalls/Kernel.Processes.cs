namespace Orchestrator.Runtime.Syscalls;

static unsafe partial class Kernel
{
    const int SetDumpable = 4;
    const int SetSubreaper = 36;

    /// <summary>Keeps others from reading this process's memory and descriptors through /proc (prctl(2)).</summary>
    public static void BecomeUndumpable() => Do("dumpable", Call.prctl, SetDumpable, 0);

    /// <summary>Orphans below this process become its children (PR_SET_CHILD_SUBREAPER).</summary>
    public static void BecomeSubreaper() => Do("child subreaper", Call.prctl, SetSubreaper, 1);

    /// <summary>Becomes another program (execve(2)); returns only by an exception.</summary>
    public static void Execute(string path, IReadOnlyList<string> arguments, IReadOnlyList<string> environment)
    {
        fixed (byte* text = Text(path))
        {
            // Never freed: this program ends here or stops at the exception.
            var arena = new Launch.Arena();
            Do(path, Call.execve, (nint)text, (nint)arena.Place(arguments), (nint)arena.Place(environment));
        }
    }

    public static Fd PidFd(int pid) => new((int)Do($"process {pid}", Call.pidfd_open, pid, 0));

    /// <summary>A copy of another process's descriptor (pidfd_getfd(2)); close-on-exec.</summary>
    public static Fd DescriptorOf(Fd pidFd, int number, string target) => new((int)Do(target, Call.pidfd_getfd, pidFd.Number, number, 0));

    /// <summary>Sends a signal; returns ESRCH if the process is gone.</summary>
    public static Errno Signal(Fd pidFd, int signal)
    {
        Try(out var errno, Call.pidfd_send_signal, pidFd.Number, signal, 0, 0);
        return errno;
    }

    public static Errno Signal(int pid, int signal)
    {
        Try(out var errno, Call.kill, pid, signal);
        return errno;
    }

    /// <summary>Reaps a child: its pid, or 0 if none has ended and block is false, or -1 if there is no such child.</summary>
    public static int Wait(int pid, bool block, out WaitStatus status)
    {
        const int noHang = 1;
        var raw = 0;
        while (true)
        {
            var result = Try(out var errno, Call.wait4, pid, (nint)(&raw), block ? 0 : noHang);
            status = new WaitStatus(raw);
            if (errno == Errno.None) return (int)result;
            if (errno == Errno.ECHILD) return -1;
            if (errno != Errno.EINTR) throw new SyscallException("wait4", errno, $"process {pid}");
        }
    }

    /// <summary>A resource limit of a process: soft and hard (prlimit(2)).</summary>
    public static (ulong Soft, ulong Hard) Limit(int pid, int resource)
    {
        var limit = stackalloc ulong[2];
        Do($"process {pid}", Call.prlimit64, pid, resource, 0, (nint)limit);
        return (limit[0], limit[1]);
    }

    public static void SetLimit(int pid, int resource, ulong soft, ulong hard, string target)
    {
        var limit = stackalloc ulong[2] { soft, hard };
        Do(target, Call.prlimit64, pid, resource, (nint)limit, 0);
    }

    /// <summary>
    /// Lets this thread take the signals that were held back before main (Launch/spawn.x64.S), but for SIGPIPE: a write to a closed
    /// pipe is an error number here, not the end.
    /// </summary>
    public static void ReleaseSignals()
    {
        const int setMask = 2;
        var pipe = 1UL << 12;
        Do("signal mask", Call.rt_sigprocmask, setMask, (nint)(&pipe), 0, sizeof(ulong));
    }

    /// <summary>A descriptor from which held-back signals are read; mask bit n-1 is signal n.</summary>
    public static Fd SignalFd(ulong mask)
    {
        const int setMask = 2;
        Do("signal mask", Call.rt_sigprocmask, setMask, (nint)(&mask), 0, sizeof(ulong));
        return new Fd((int)Do("signalfd", Call.signalfd4, -1, (nint)(&mask), sizeof(ulong), (nint)(O.CLOEXEC | O.NONBLOCK)));
    }

    /// <summary>Reads one signal from a signalfd: its number, or 0 if none is waiting.</summary>
    public static int NextSignal(Fd signals)
    {
        const int bytes = 128; // struct signalfd_siginfo
        var info = stackalloc byte[bytes];
        Try(out var errno, Call.read, signals.Number, (nint)info, bytes);
        return errno switch
        {
            Errno.None => *(int*)info,
            Errno.EAGAIN or Errno.EINTR => 0,
            _ => throw new SyscallException("read", errno, "signalfd"),
        };
    }

    /// <summary>Waits until a descriptor is ready; false after the time, in milliseconds (-1: no limit).</summary>
    public static int Poll(Span<PollFd> descriptors, int milliseconds)
    {
        fixed (PollFd* first = descriptors)
        {
            var ready = Try(out var errno, Call.poll, (nint)first, descriptors.Length, milliseconds);
            return errno switch
            {
                Errno.None => (int)ready,
                Errno.EINTR => 0,
                _ => throw new SyscallException("poll", errno, "descriptors"),
            };
        }
    }
}

/// <summary>struct pollfd.</summary>
struct PollFd(int descriptor, short wanted)
{
    public const short In = 1;
    public const short Out = 4;
    public const short Error = 8;
    public const short HangUp = 16;

    public int Descriptor = descriptor;
    public short Wanted = wanted;
    public short Ready;
}

/// <summary>How a child ended, as wait4(2) encodes it.</summary>
readonly record struct WaitStatus(int Raw)
{
    /// <summary>What 128 is added to for a death by signal, as shells do.</summary>
    const int SignalBase = 128;

    public int Signal => Raw & 0x7F;

    /// <summary>The exit status, or 128 + signal.</summary>
    public int ExitCode => Signal == 0 ? (Raw >> 8) & 0xFF : SignalBase + Signal;
}
