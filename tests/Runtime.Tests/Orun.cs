using System.Diagnostics;
using System.Text.Json.Nodes;
using Orchestrator.Testing;

namespace Orchestrator.Runtime.Tests;

/// <summary>The published program, made anew when a source is newer, and ways to run it and others.</summary>
public sealed class Orun
{
    const int DeadlineMilliseconds = 300_000; // the longest is a publish on a loaded machine

    static readonly Lazy<string> Published = new(Publish);

    public static string Program => Published.Value;

    public static Outcome Run(string file, params string[] arguments) => Run(file, arguments, null);

    // Into files, not pipes: a container that goes on running holds its end of a pipe open for ever.
    public static Outcome Run(string file, IEnumerable<string> arguments, string? directory)
    {
        string output = Path.GetTempFileName(), errors = Path.GetTempFileName();
        try
        {
            const string script = """o=$1; e=$2; shift 2; exec "$@" >"$o" 2>"$e" </dev/null""";
            using var process = Start("/bin/sh", ["-c", script, "sh", output, errors, file, .. arguments], directory);
            if (!process.WaitForExit(DeadlineMilliseconds))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end");
            }

            return new Outcome(process.ExitCode, File.ReadAllText(output), File.ReadAllText(errors));
        }
        finally
        {
            File.Delete(output);
            File.Delete(errors);
        }
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
        var program = RepoRoot.Path + "/artifacts/bin/orun";
        var source = RepoRoot.Path + "/src/Runtime";
        var newest = Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal))
            .Max(File.GetLastWriteTimeUtc);
        if (File.Exists(program) && File.GetLastWriteTimeUtc(program) >= newest) return program;
        var made = Run("dotnet", ["publish", source, "-c", "Release", "-r", "linux-x64", "-o", RepoRoot.Path + "/artifacts/bin", "-v", "q", "--nologo"], null);
        if (made.ExitCode != 0) throw new InvalidOperationException("orun can't be published: " + made.Output + made.Errors);
        // Unchanged output keeps its old time, which must not mean "older than the sources" for ever.
        File.SetLastWriteTimeUtc(program, DateTime.UtcNow);
        return program;
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
