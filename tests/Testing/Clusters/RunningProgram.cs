using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Orchestrator.Testing.Clusters;

/// <summary>A program that runs beside the test and is ended by it, by its process id.</summary>
public sealed class RunningProgram : IAsyncDisposable
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    readonly Process _process;
    readonly StringBuilder _output = new();
    readonly Task _reading;

    RunningProgram(Process process)
    {
        _process = process;
        _reading = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
    }

    public int Id => _process.Id;

    public bool HasEnded => _process.HasExited;

    /// <summary>Everything it has written so far, errors included.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public static RunningProgram Start(params IReadOnlyList<string> command) => new(Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
    {
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!); // without the shell there always is a new process

    /// <summary>A program whose output goes to the end of a file, so that what it starts can outlive both it and the test's interest.</summary>
    public static RunningProgram StartLogged(string log, params IReadOnlyList<string> command) =>
        Start(["/bin/sh", "-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", log, .. command]);

    /// <summary>Sends a signal. A program that has ended takes none.</summary>
    public void Signal(int signal)
    {
        if (!_process.HasExited) Signals.Send(_process.Id, signal);
    }

    /// <summary>Waits for the end and hands back the exit status; a signal's is 128 and its number.</summary>
    public async Task<int> EndedAsync(TimeSpan within)
    {
        await _process.WaitForExitAsync().WaitAsync(within);
        await _reading;
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Signal(Kill);
        await _process.WaitForExitAsync();
        await _reading;
        _process.Dispose();
    }

    async Task ReadAsync(StreamReader reader)
    {
        var chunk = new char[4096];
        int read;
        while ((read = await reader.ReadAsync(chunk)) > 0)
        {
            lock (_output) _output.Append(chunk, 0, read);
        }
    }
}

/// <summary>Signals to single processes.</summary>
public static partial class Signals
{
    /// <exception cref="IOException">The process does not take it.</exception>
    public static void Send(int process, int signal)
    {
        const int NoSuchProcess = 3;
        if (KillCall(process, signal) != 0 && Marshal.GetLastPInvokeError() is var errno and not NoSuchProcess)
            throw new IOException($"kill({process}, {signal}): errno {errno}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int KillCall(int process, int signal);
}
