using System.Diagnostics;

namespace Orchestrator.Bench;

/// <summary>A program of the bench; ended by the process that was started.</summary>
sealed class Running(Process process) : IAsyncDisposable
{
    public static Running Start(string program, params string[] arguments)
    {
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!; // without the shell there always is a new process
        process.ErrorDataReceived += static (_, _) => { };
        process.OutputDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        return new Running(process);
    }

    public static async Task<string> OutputAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!; // as above
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new IOException($"{program} {string.Join(' ', arguments)}: {output}{await errors}");
    }

    /// <summary>Resident memory of the process and its children, in bytes.</summary>
    public long ResidentBytes() => Family(process.Id).Sum(static pid =>
    {
        using var one = Process.GetProcessById(pid);
        return one.WorkingSet64;
    });

    static IEnumerable<int> Family(int pid) => File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(child => Family(int.Parse(child, System.Globalization.CultureInfo.InvariantCulture))).Prepend(pid);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
