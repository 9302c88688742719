using System.Globalization;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Tests;

/// <summary>What engines do with a container that runs: pause, look, change limits.</summary>
[Collection(Containers.Name)]
public sealed class ControlTests
{
    [Fact]
    public void A_paused_container_takes_no_process_and_goes_on_when_resumed()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("pause", "c").Succeeds();
        Assert.Equal("paused", sandbox.Status());
        sandbox.Do("pause", "c").Fails("container not running");
        sandbox.Do("exec", "c", "true").Fails("cannot exec in a paused container");
        sandbox.Do("delete", "c").Fails("cannot delete container c that is not stopped: paused");
        sandbox.Do("resume", "c").Succeeds();
        Assert.Equal("running", sandbox.Status());
        sandbox.Do("resume", "c").Fails("container not paused");
        sandbox.Do("exec", "c", "true").Succeeds();
    }

    [Fact]
    public void A_paused_container_can_be_killed()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("pause", "c").Succeeds();
        sandbox.Do("kill", "c", "KILL").Succeeds();
        Sandbox.Until("it stops", () => sandbox.Status() == "stopped");
        sandbox.Do("kill", "c", "TERM").Fails("container not running");
        sandbox.Do("delete", "c").Succeeds();
        sandbox.Do("state", "c").Fails("does not exist");
    }

    [Fact]
    public void A_process_may_get_more_capabilities_than_the_container_but_none_to_pass_on()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var status = sandbox.Do("exec", "--cap", "CAP_NET_RAW", "c", "cat", "/proc/self/status").Succeeds().Output;
        Assert.Contains("CapEff:\t00000000800425fb\n", status, StringComparison.Ordinal);
        Assert.Contains("CapInh:\t0000000000000000\n", status, StringComparison.Ordinal);
        Assert.Contains("CAP_EVERYTHING is left out", sandbox.Do("exec", "--cap", "CAP_EVERYTHING", "c", "true").Succeeds().Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mount_option_that_features_names_is_taken()
    {
        var options = Orun.Run(Orun.Program, "features").Succeeds().Json["mountOptions"]!.AsArray();
        Assert.NotEmpty(options);
        foreach (var option in options) Assert.Equal("", MountOptions.Parse("options", [(string)option!]).Data);
    }

    [Fact]
    public void Processes_are_listed_by_the_hosts_pids()
    {
        using var sandbox = new Sandbox().Shell("sleep 1000 & sleep 1000 & wait");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        Sandbox.Until("three run", () => sandbox.Do("ps", "--format", "json", "c").Succeeds().Json.AsArray().Count == 3);
        var pids = sandbox.Do("ps", "c", "--format", "json").Succeeds().Json.AsArray().Select(pid => (int)pid!);
        Assert.Contains(sandbox.Pid(), pids);
        Assert.Equal(2, sandbox.Do("ps", "c").Succeeds().Output.Split('\n').Count(line => line.EndsWith("sleep 1000", StringComparison.Ordinal)));
    }

    [LegacyCgroupFact("memory")]
    public void Limits_change_while_it_runs_and_what_it_uses_is_told()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("update", "--memory", "67108864", "--pids-limit", "50", "c").Succeeds();
        File.WriteAllText(sandbox.Directory + "/resources.json", """{"cpu":{"quota":50000,"period":100000},"pids":{"limit":60}}""");
        sandbox.Do("update", "--resources", sandbox.Directory + "/resources.json", "c").Succeeds();
        var stats = sandbox.Do("events", "--stats", "c").Succeeds().Json;
        var data = stats["data"]!;
        Assert.Equal("stats c", $"{stats["type"]} {stats["id"]}");
        Assert.Equal(67108864, (long)data["memory"]!["usage"]!["limit"]!);
        Assert.Equal("1 60", $"{data["pids"]!["current"]} {data["pids"]!["limit"]}");
        Assert.True((long)data["cpu"]!["usage"]!["total"]! > 0);
        Assert.Equal("50000", File.ReadAllText($"/sys/fs/cgroup/cpu/{sandbox.Name}/c/cpu.cfs_quota_us").Trim());
        sandbox.Do("update", "--memory", "lots", "c").Fails("--memory");
        sandbox.Do("update", "--memory", long.MaxValue.ToString(CultureInfo.InvariantCulture) + "0", "c").Fails("--memory");
    }
}
