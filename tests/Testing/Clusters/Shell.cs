using System.Diagnostics;

namespace Orchestrator.Testing.Clusters;

/// <summary>What a program that has ended said.</summary>
public sealed record ShellResult(string Command, int ExitCode, string Output, string Error)
{
    public IReadOnlyList<string> Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <exception cref="ShellException">The program failed.</exception>
    public ShellResult Succeeded() => ExitCode == 0 ? this : throw new ShellException(this);
}

/// <summary>A program failed that the test needs.</summary>
public sealed class ShellException(ShellResult result) : Exception($"{result.Command} ended with {result.ExitCode}:\n{result.Error}{result.Output}");

/// <summary>Runs programs to their end.</summary>
public static class Shell
{
    /// <summary>No program of a test takes longer, even on a machine that is busy with other things.</summary>
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(240);

    /// <exception cref="ShellException">The program failed.</exception>
    public static async Task<ShellResult> RunAsync(params IReadOnlyList<string> command) => (await TryAsync(null, command)).Succeeded();

    public static Task<ShellResult> TryAsync(params IReadOnlyList<string> command) => TryAsync(null, command);

    public static async Task<ShellResult> TryAsync(string? input, IReadOnlyList<string> command)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!; // without the shell there always is a new process
        using var late = new CancellationTokenSource(Deadline);
        var text = string.Join(' ', command);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(late.Token);
            var error = process.StandardError.ReadToEndAsync(late.Token);
            await WriteAsync(process, input);
            await process.WaitForExitAsync(late.Token);
            return new ShellResult(text, process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"{text} did not end within {Deadline.TotalSeconds} s");
        }
    }

    static async Task WriteAsync(Process process, string? input)
    {
        try
        {
            await process.StandardInput.WriteAsync(input ?? "");
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended without reading; its exit status tells why.
        }
    }
}
