using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>The published program, made anew when a source is newer, and ways to run it and others.</summary>
public sealed class Orun
{
    const int DeadlineMilliseconds = 60_000;

    static readonly Lazy<string> Published = new(Publish);

    public static string Program => Published.Value;

    public static string RepositoryRoot { get; } = FindRoot();

    public static Outcome Run(string file, params string[] arguments) => Run(file, arguments, null);

    public static Outcome Run(string file, IEnumerable<string> arguments, string? directory)
    {
        using var process = Start(file, arguments, directory);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (!process.WaitForExit(DeadlineMilliseconds))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end");
        }

        return new Outcome(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    public static Process Start(string file, IEnumerable<string> arguments, string? directory = null)
    {
        var info = new ProcessStartInfo(file, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = directory ?? "/",
        };
        return Process.Start(info)!; // null only for shell verbs
    }

    static string Publish()
    {
        var program = RepositoryRoot + "/artifacts/bin/orun";
        var source = RepositoryRoot + "/src/Runtime";
        var newest = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Max(File.GetLastWriteTimeUtc);
        if (File.Exists(program) && File.GetLastWriteTimeUtc(program) >= newest) return program;
        var made = RunLong("dotnet", ["publish", source, "-c", "Release", "-r", "linux-x64", "-o", RepositoryRoot + "/artifacts/bin", "-v", "q", "--nologo"]);
        if (made.ExitCode != 0) throw new InvalidOperationException("orun can't be published: " + made.Output + made.Errors);
        // Unchanged output keeps its old time, which must not mean "older than the sources" for ever.
        File.SetLastWriteTimeUtc(program, DateTime.UtcNow);
        return program;
    }

    static Outcome RunLong(string file, string[] arguments)
    {
        using var process = Start(file, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        process.WaitForExit();
        return new Outcome(process.ExitCode, output.GetAwaiter().GetResult(), errors.GetAwaiter().GetResult());
    }

    static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(directory.FullName + "/Orchestrator.sln")) directory = directory.Parent;
        return directory?.FullName ?? throw new InvalidOperationException("Orchestrator.sln is in no parent directory");
    }
}

/// <summary>How a program ended and what it said.</summary>
public sealed record Outcome(int ExitCode, string Output, string Errors)
{
    public JsonNode Json => JsonNode.Parse(Output)!; // throws on nothing at all

    public Outcome Succeeds()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Errors}{Output}");
        return this;
    }

    public Outcome Fails(string because)
    {
        Assert.NotEqual(0, ExitCode);
        Assert.Contains(because, Errors, StringComparison.Ordinal);
        return this;
    }
}
