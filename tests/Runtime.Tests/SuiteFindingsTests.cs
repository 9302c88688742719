using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>What the suites of runc and crun ask for that was once missing here.</summary>
[Collection(Containers.Name)]
public sealed class SuiteFindingsTests
{
    [Fact]
    public void A_console_in_the_foreground_is_the_callers_terminal()
    {
        using var sandbox = new Sandbox().Shell("tty; read line; echo got $line; exit 5");
        sandbox.Process["terminal"] = true;
        sandbox.Save();
        var command = $"{Orun.Program} --root {sandbox.State} run --bundle {sandbox.Directory} c";
        var outcome = Orun.Run("/bin/sh", "-c", $"echo typed | script --quiet --return --command '{command}' /dev/null");
        Assert.Equal(5, outcome.ExitCode);
        Assert.Contains("/dev/pts/0\r\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("got typed\r\n", outcome.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_capability_that_can_not_be_had_is_a_warning()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Process["capabilities"]!["bounding"]!.AsArray().Add("CAP_UNKNOWN");
        Assert.Contains("level=warning", sandbox.RunContainer().Succeeds().Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_variable_that_stands_twice_the_last_counts()
    {
        using var sandbox = new Sandbox().Shell("env | grep -c ^X=; echo $X");
        foreach (var entry in (string[])["X=first", "X=last"]) sandbox.Process["env"]!.AsArray().Add(entry);
        Assert.Equal("1\nlast\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Fact]
    public void A_read_only_dev_still_has_its_devices()
    {
        using var sandbox = new Sandbox().Shell("echo x >/dev/null && test -e /dev/pts/ptmx && touch /dev/file");
        sandbox.Mounts.Single(mount => (string?)mount!["destination"] == "/dev")!["options"]!.AsArray().Add("ro");
        sandbox.RunContainer().Fails("Read-only file system");
    }

    [Fact]
    public void Without_pivot_root_no_bare_proc_can_be_mounted_inside()
    {
        using var sandbox = new Sandbox().Shell("busybox unshare -mrpf sh -c 'mkdir -p /tmp/p; mount -t proc none /tmp/p && echo exposed'").Writable();
        Assert.DoesNotContain("exposed", sandbox.RunContainer("--no-pivot").Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hook_before_the_root_is_changed_finds_it_as_its_working_directory()
    {
        using var sandbox = new Sandbox("cat", "/made").Writable();
        sandbox.Config["hooks"] = JsonNode.Parse("""{"createContainer":[{"path":"/bin/sh","args":["sh","-c","echo here >made"]}]}""");
        Assert.Equal("here\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Fact]
    public void A_hook_without_an_environment_has_the_runtimes()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Config["hooks"] = JsonNode.Parse($$"""{"prestart":[{"path":"/bin/sh","args":["sh","-c","echo $HOME$PATH >{{sandbox.Directory}}/seen"]}]}""");
        sandbox.RunContainer().Succeeds();
        Assert.Equal(Environment.GetEnvironmentVariable("HOME") + Environment.GetEnvironmentVariable("PATH") + "\n", File.ReadAllText(sandbox.Directory + "/seen"));
    }

    [LegacyCgroupFact("freezer")]
    public void A_frozen_cgroup_is_refused_at_once()
    {
        using var sandbox = new Sandbox("true");
        var freezer = $"/sys/fs/cgroup/freezer/{sandbox.Name}/c";
        Directory.CreateDirectory(freezer);
        File.WriteAllText(freezer + "/freezer.state", "FROZEN");
        sandbox.RunContainer().Fails("frozen");
        File.WriteAllText(freezer + "/freezer.state", "THAWED");
    }

    [Fact]
    public void What_a_killed_create_has_left_is_deleted_by_force()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("create", "--bundle", sandbox.Directory, "c").Succeeds();
        var pid = sandbox.Pid();
        File.Delete(sandbox.State + "/c/state.json"); // as if it had been killed before it wrote this
        sandbox.Do("delete", "--force", "c").Succeeds();
        Sandbox.Until("its process is gone", () => !Directory.Exists($"/proc/{pid}"));
        Assert.False(Directory.Exists(sandbox.State + "/c"));
        Assert.Empty(sandbox.CgroupDirectories().SelectMany(Directory.EnumerateDirectories));
    }
}
