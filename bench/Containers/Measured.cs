using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Orchestrator.Bench;

/// <summary>What one command cost: wall and CPU time (user and system) of it and of every process below it, in milliseconds.</summary>
readonly record struct Cost(double Wall, double Cpu);

/// <summary>
/// Starts programs with posix_spawn(3) and waits with wait4(2). As a subreaper this process also reaps what a command leaves running
/// behind itself, such as the program of a container that was created detached, so that its time is counted.
/// </summary>
static unsafe partial class Measured
{
    const int SetSubreaper = 36, Children = -1, AnyChild = -1;
    const int WriteOnly = 1;
    static readonly nint Quiet = Actions();

    /// <summary>Makes this process the parent of what its children leave behind (prctl(2), PR_SET_CHILD_SUBREAPER).</summary>
    public static void BecomeSubreaper() => Check(prctl(SetSubreaper, 1, 0, 0, 0), "prctl");

    /// <summary>Runs command lines one after the other as one measurement. Each must end with 0.</summary>
    public static Cost Run(params string[][] commands)
    {
        var before = CpuOfChildren();
        var clock = Stopwatch.StartNew();
        foreach (var command in commands) End(Start(command), string.Join(' ', command));
        var wall = clock.Elapsed.TotalMilliseconds;
        while (wait4(AnyChild, out _, 0, 0) > 0)
        {
        }

        return new Cost(wall, (CpuOfChildren() - before).TotalMilliseconds);
    }

    /// <summary>Runs a command to its end, outside of any measurement, and leaves what it started alone.</summary>
    public static void Do(params string[] command) => End(Start(command), string.Join(' ', command));

    static int Start(string[] command)
    {
        var texts = command.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        var path = Marshal.StringToCoTaskMemUTF8("PATH=/usr/sbin:/usr/bin:/sbin:/bin");
        try
        {
            nint[] arguments = [.. texts, 0], environment = [path, 0];
            fixed (nint* argv = arguments, envp = environment)
            {
                var error = posix_spawn(out var pid, texts[0], Quiet, 0, argv, envp);
                return error == 0 ? pid : throw new InvalidOperationException($"{command[0]}: errno {error}");
            }
        }
        finally
        {
            foreach (var text in texts) Marshal.FreeCoTaskMem(text);
            Marshal.FreeCoTaskMem(path);
        }
    }

    static void End(int pid, string what)
    {
        Check(wait4(pid, out var status, 0, 0), "wait4");
        if (status != 0) throw new InvalidOperationException($"{what}: wait status {status}");
    }

    static TimeSpan CpuOfChildren()
    {
        var usage = stackalloc long[18]; // struct rusage: user and system time first, each as seconds and microseconds
        Check(getrusage(Children, usage), "getrusage");
        return TimeSpan.FromSeconds(usage[0] + usage[2]) + TimeSpan.FromMicroseconds(usage[1] + usage[3]);
    }

    // posix_spawn_file_actions_t has 80 bytes in glibc; input and output are nothing, errors stay visible.
    static nint Actions()
    {
        var actions = Marshal.AllocHGlobal(128);
        Check(posix_spawn_file_actions_init(actions), "file actions");
        Check(posix_spawn_file_actions_addopen(actions, 0, "/dev/null", 0, 0), "file actions");
        Check(posix_spawn_file_actions_addopen(actions, 1, "/dev/null", WriteOnly, 0), "file actions");
        return actions;
    }

    static void Check(int result, string what)
    {
        if (result < 0) throw new InvalidOperationException($"{what}: errno {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc")]
    private static partial int posix_spawn(out int pid, nint path, nint actions, nint attributes, nint* argv, nint* envp);

    [LibraryImport("libc")]
    private static partial int posix_spawn_file_actions_init(nint actions);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int posix_spawn_file_actions_addopen(nint actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int wait4(int pid, out int status, int options, nint usage);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrusage(int who, long* usage);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);
}
