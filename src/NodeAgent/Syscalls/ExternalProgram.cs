using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>How a program ended: its exit status and what it wrote, both streams together, cut at a limit.</summary>
/// <param name="StandardOutput">What it wrote there alone.</param>
sealed record ProgramResult(int ExitCode, string Output, string StandardOutput);

/// <summary>
/// Runs a program to its end, with a time limit and a bound on what is kept of its output.
/// </summary>
static class ExternalProgram
{
    // Enough to explain a failure; whatever a container's program writes must not fill the agent's memory.
    const int OutputBytes = 16 * 1024;
    const int ReadBytes = 4096;
    static readonly TimeSpan OutputTimeout = TimeSpan.FromSeconds(1);

    /// <summary>What a service manager tells the agent and nobody else (sd_notify(3), sd_watchdog_enabled(3)): a container must not come to speak for it.</summary>
    static readonly string[] OfManager = ["NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES"];

    /// <exception cref="TimeoutException">It took longer than allowed, and was killed with its children.</exception>
    /// <exception cref="IOException">It can't be started.</exception>
    public static async Task<ProgramResult> RunAsync(IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancel, string? input = null, int outputBytes = OutputBytes)
    {
        using var process = Start(command);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(timeout);
        StringBuilder output = new(), standard = new();
        try
        {
            var reading = Task.WhenAll(ReadAsync(process.StandardOutput, output, standard, outputBytes, limit.Token), ReadAsync(process.StandardError, output, null, outputBytes, limit.Token));
            await WriteAsync(process, input, limit.Token);
            await process.WaitForExitAsync(limit.Token);
            // What it left running may hold its output open for ever.
            await Task.WhenAny(reading, Task.Delay(OutputTimeout, limit.Token));
            lock (output)
                return new ProgramResult(process.ExitCode, output.ToString().Trim(), standard.ToString().Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            if (cancel.IsCancellationRequested)
                throw;
            throw new TimeoutException($"{command[0]} did not end in {timeout.TotalSeconds} s");
        }
    }

    /// <summary>Starts a program whose three streams are the caller's.</summary>
    /// <exception cref="IOException">It can't be started.</exception>
    public static Process Start(IReadOnlyList<string> command)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in OfManager)
            start.Environment.Remove(name);
        try
        {
            return Process.Start(start) ?? throw new IOException($"{start.FileName} can't be started");
        }
        catch (Win32Exception e)
        {
            throw new IOException($"{start.FileName} can't be started: {e.Message}", e);
        }
    }

    static async Task WriteAsync(Process process, string? input, CancellationToken cancel)
    {
        try
        {
            await process.StandardInput.WriteAsync(input.AsMemory(), cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading its input; its exit status says why.
        }
    }

    static async Task ReadAsync(StreamReader from, StringBuilder to, StringBuilder? alone, int most, CancellationToken cancel)
    {
        var buffer = new char[ReadBytes];
        for (int read; (read = await from.ReadAsync(buffer, cancel)) > 0;)
        {
            lock (to)
            {
                to.Append(buffer, 0, Math.Min(read, Math.Max(0, most - to.Length)));
                alone?.Append(buffer, 0, Math.Min(read, Math.Max(0, most - alone.Length)));
            }
        }
    }
}
