using System.Diagnostics;
using Orchestrator.Testing;

namespace Orchestrator.Cli.Tests;

/// <summary>Runs the program as a person's shell does.</summary>
static class Orch
{
    /// <summary>Names another build to test, such as the published one.</summary>
    const string ProgramVariable = "ORCH_PROGRAM";

    /// <summary>Only so that a program that never ends fails its test.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    // Beside the tests lack the libraries that the test host has from its framework.
    static string Library => RepoRoot.Below("src", "Cli", Path.GetRelativePath(RepoRoot.Below("tests", "Cli.Tests"), AppContext.BaseDirectory), "orch.dll");

    /// <summary>What a shell script writes to run it.</summary>
    public static string CommandLine => Environment.GetEnvironmentVariable(ProgramVariable) ?? $"dotnet '{Library}'";

    public sealed record Outcome(int Exit, string Output, string Errors);

    public static Task<Outcome> RunAsync(IEnumerable<string> words, string directory, string? input, IReadOnlyDictionary<string, string> environment)
    {
        var other = Environment.GetEnvironmentVariable(ProgramVariable);
        return RunAsync(other ?? "dotnet", other is null ? words.Prepend(Library) : words, directory, input, environment);
    }

    public static async Task<Outcome> RunAsync(string program, IEnumerable<string> words, string directory, string? input, IReadOnlyDictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program, words)
        {
            WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment.Remove("ORCH_SERVER");
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!; // it starts or throws
        using var patience = new CancellationTokenSource(Patience);
        await using var end = patience.Token.Register(() => process.Kill(entireProcessTree: true));
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(CancellationToken.None), process.StandardError.ReadToEndAsync(CancellationToken.None));
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync(CancellationToken.None);
        return new Outcome(process.ExitCode, await output, await errors);
    }
}
