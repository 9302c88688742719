using System.Text;
using Orchestrator.Runtime.Launch;
using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>An `orun` command run as the shim's child: its pid, and the pipe by which it says what went wrong.</summary>
sealed class ChildCommand : IDisposable
{
    public const int ErrorDescriptor = 3;

    const int FirstClosed = 4;
    const int MostErrorBytes = 4096;

    readonly Fd _errors;

    ChildCommand(int pid, Fd errors, Action<WaitStatus, string> done)
    {
        (Pid, _errors, Done) = (pid, errors, done);
    }

    public int Pid { get; }

    /// <summary>What to do when it has ended; gets its errors.</summary>
    public Action<WaitStatus, string> Done { get; }

    /// <param name="arguments">After the global flags.</param>
    /// <param name="root">The runtime's state directory.</param>
    /// <param name="output">Its stdout; null: /dev/null.</param>
    /// <param name="errors">Its stderr; null: /dev/null.</param>
    /// <param name="done">Called by the shim when it has reaped it.</param>
    public static ChildCommand Start(IReadOnlyList<string> arguments, string root, Fd? output, Fd? errors, Action<WaitStatus, string> done)
    {
        using var nothing = Kernel.Open("/dev/null", O.RDWR);
        var (read, write) = Kernel.Pipe(O.NONBLOCK);
        using (write)
        {
            var ops = new OpList();
            const string what = "run orun";
            var standardOutput = ops.NewSlot("stdout");
            var standardErrors = ops.NewSlot("stderr");
            ops.Add(what, Call.dup3, Slots.Scrap, 0, 0);
            ops.Add(what, Call.dup3, standardOutput, 1, 0);
            ops.Add(what, Call.dup3, standardErrors, 2, 0);
            ops.Add(what, Call.dup3, Slots.Target, ErrorDescriptor, 0);
            ProgramSteps.ExecutePath(ops, what, "/proc/self/exe",
                ["orun", "--root", root, "--error-fd", "3", .. arguments], ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], FirstClosed);
            using var process = Launched.Start(ops.Build(CloneFlags.None),
                [(Slots.Scrap, nothing), (standardOutput, output ?? nothing), (standardErrors, errors ?? nothing), (Slots.Target, write)]);
            process.Next();
            return new ChildCommand(process.Pid, read, done);
        }
    }

    public void Finish(WaitStatus status)
    {
        var buffer = new byte[MostErrorBytes];
        var length = Math.Max(0, Kernel.ReadSome(_errors, buffer));
        Done(status, Encoding.UTF8.GetString(buffer, 0, length));
    }

    public void Dispose() => _errors.Dispose();
}
