using System.Globalization;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>The end of every plan: find the program, wait for start if asked, leave nothing open, execute.</summary>
static class ProgramSteps
{
    const string DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    const int Executable = 1; // X_OK
    const int CloseOnExec = 4; // CLOSE_RANGE_CLOEXEC
    const int FirstAfterStdio = 3;
    const int LastSignal = 31;
    const int SetMask = 2, MaskBytes = 8;
    const int MilestoneBytes = 8;

    /// <summary>What is done while every system call is still allowed: signals as a program expects them, no descriptor beyond the exec.</summary>
    public static void Prepare(OpList ops, int preserved)
    {
        DefaultSignals(ops);
        ops.Add("leave no descriptor open", Call.close_range, FirstAfterStdio + preserved, Arg.Named(uint.MaxValue, "all"),
            Arg.Named(CloseOnExec, "CLOEXEC"));
    }

    /// <summary>Looks for the program as the user that it runs as, and before the wait for start, so that a missing one fails `create`.</summary>
    public static void Find(OpList ops, ProcessSpec process)
    {
        var (what, candidates, found) = (What(process), Candidates(process), new Mark());
        for (var i = 0; i < candidates.Count; i++)
        {
            var op = ops.Add(what, Call.faccessat2, At.FDCWD, candidates[i], Executable, At.EACCESS).ThenTo(found);
            if (i < candidates.Count - 1) op.Tolerate(Errno.ENOENT, Errno.EACCES);
        }

        ops.Place(found);
    }

    public static void Execute(OpList ops, ProcessSpec process, bool waitsForStart)
    {
        if (waitsForStart) Park(ops);
        var candidates = Candidates(process);
        for (var i = 0; i < candidates.Count; i++)
        {
            var op = ops.Add(What(process), Call.execve, candidates[i], new Arg.TextList(process.Args), new Arg.TextList(process.Env));
            if (i < candidates.Count - 1) op.Tolerate(Errno.ENOENT, Errno.EACCES);
        }
    }

    static string What(ProcessSpec process) =>
        process.Args.Count > 0 && process.Args[0].Length > 0 ? $"execute {process.Args[0]}" : throw new ConfigException("process.args", "is empty");

    /// <summary>The short form for a program of the host: a hook or a child of the shim.</summary>
    public static void ExecutePath(OpList ops, string what, string path, IReadOnlyList<string> args, IReadOnlyList<string> env,
        int firstClosed = FirstAfterStdio)
    {
        DefaultSignals(ops);
        ops.Add("leave no descriptor open", Call.close_range, firstClosed, Arg.Named(uint.MaxValue, "all"), Arg.Named(CloseOnExec, "CLOEXEC"));
        ops.Add(what, Call.execve, path, new Arg.TextList(args), new Arg.TextList(env));
    }

    // Ignored signals survive exec, and the launcher ignores SIGPIPE; handlers were reset by clone3 already.
    static void DefaultSignals(OpList ops)
    {
        const int kill = 9, stop = 19;
        var byDefault = Blocks.Zeros("default");
        for (var signal = 1; signal <= LastSignal; signal++)
        {
            if (signal is kill or stop) continue;
            ops.Add("default signal actions", Call.rt_sigaction, signal, byDefault, Arg.Null, MaskBytes);
        }

        ops.Add("block no signal", Call.rt_sigprocmask, SetMask, Blocks.Zeros("none"), Arg.Null, MaskBytes);
    }

    static void Park(OpList ops)
    {
        var answer = new Scratch("answer", new byte[MilestoneBytes]);
        ops.Add("wait for start", Call.write, Slots.Errors, Blocks.Milestone(LaunchPlanner.Parked, "parked"), MilestoneBytes);
        ops.Add("wait for start", Call.close, Slots.Errors);
        ops.Add("wait for start", Call.report, Slots.StartResult);
        ops.Add("wait for start", Call.read, Slots.StartFifo, answer, 1);
    }

    static List<string> Candidates(ProcessSpec process)
    {
        var name = process.Args[0];
        if (name.Contains('/')) return [name];
        var path = process.Env.LastOrDefault(entry => entry.StartsWith("PATH=", StringComparison.Ordinal))?["PATH=".Length..] ?? DefaultPath;
        return path.Split(':').Select(directory => string.Create(CultureInfo.InvariantCulture, $"{(directory.Length == 0 ? "." : directory)}/{name}")).ToList();
    }
}
