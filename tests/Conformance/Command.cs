using System.Diagnostics;
using Orchestrator.Testing;

namespace Orchestrator.Conformance;

/// <summary>Runs a program to its end.</summary>
static class Command
{
    static readonly TimeSpan Deadline = TimeSpan.FromMinutes(10);

    /// <summary>The runtime under test, as ./build.sh leaves it.</summary>
    public static string Orun => RepoRoot.Path + "/artifacts/bin/orun";

    /// <summary>Where eng/suites.sh puts other people's suites.</summary>
    public static string Suites => RepoRoot.Path + "/artifacts/suites";

    public static string Own(string file) => RepoRoot.Path + "/tests/Conformance/" + file;

    /// <summary>Both outputs go to files: what a container's shim keeps open must not be waited for.</summary>
    public static Outcome Run(string file, params IEnumerable<string> arguments)
    {
        string output = Path.GetTempFileName(), errors = Path.GetTempFileName();
        try
        {
            const string script = """o=$1; e=$2; shift 2; exec "$@" >"$o" 2>"$e" </dev/null""";
            using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script, "sh", output, errors, file, .. arguments]))!; // null only for shell verbs
            if (!process.WaitForExit(Deadline))
            {
                process.Kill(entireProcessTree: true);
                throw new TimeoutException($"{file} {string.Join(' ', arguments)} did not end: {File.ReadAllText(errors)}");
            }

            return new Outcome(process.ExitCode, File.ReadAllText(output).ReplaceLineEndings("\n"), File.ReadAllText(errors));
        }
        finally
        {
            File.Delete(output);
            File.Delete(errors);
        }
    }
}

/// <summary>How a program ended and what it said.</summary>
sealed record Outcome(int ExitCode, string Output, string Errors)
{
    public string Succeeds()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Errors}{Output}");
        return Output;
    }
}
