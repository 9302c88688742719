using System.Diagnostics;
using Orchestrator.Testing;

namespace Orchestrator.Architecture;

/// <summary>What is in deploy/ and the scripts, looked at by the tools that know them.</summary>
public sealed class DeployTests
{
    [Fact]
    public void Scripts_have_no_known_mistakes()
    {
        string[] scripts = [.. Run("git", "ls-files", "*.sh", "deploy/debian/p*").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assert.True(scripts.Length > 10);
        // What is sourced is looked at by itself; single quotes are meant where another shell reads them.
        var (output, code) = Run("shellcheck", ["-x", "-S", "warning", .. scripts]);
        Assert.True(code == 0, output);
    }

    [Fact]
    public void The_Vagrantfile_is_valid()
    {
        Directory.CreateDirectory(Path.Combine(RepoRoot.Path, "artifacts/packages")); // where `./build.sh package` puts what is uploaded
        var (output, code) = Run("env", $"VAGRANT_HOME={Path.Combine(Path.GetTempPath(), "vagrant-home")}", $"VAGRANT_DOTFILE_PATH={Path.Combine(Path.GetTempPath(), "vagrant-dot")}",
            "VAGRANT_CHECKPOINT_DISABLE=1", $"VAGRANT_CWD={Path.Combine(RepoRoot.Path, "deploy/vagrant")}", "vagrant", "validate", "--ignore-provider");
        Assert.True(code == 0, output);
    }

    [Fact]
    public void Units_say_nothing_that_the_service_manager_does_not_know()
    {
        foreach (var unit in Directory.EnumerateFiles(Path.Combine(RepoRoot.Path, "deploy/systemd"), "*.service"))
        {
            var (output, _) = Run("systemd-analyze", "verify", "--man=no", unit);
            // The program is not installed where this runs.
            Assert.DoesNotContain(output.Split('\n'), line => line.Contains(Path.GetFileName(unit), StringComparison.Ordinal) && !line.Contains("is not executable", StringComparison.Ordinal));
        }
    }

    static (string Output, int Code) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = RepoRoot.Path })!; // without the shell there always is a new process
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (output + errors.Result, process.ExitCode);
    }
}
