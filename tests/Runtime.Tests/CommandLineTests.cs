using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>The command line as callers of runc know it.</summary>
[Collection(Containers.Name)]
public sealed class CommandLineTests
{
    /// <summary>What runc's own help lists for each of its commands; those that are refused by name are in the next test.</summary>
    [Theory]
    [InlineData("create", "bundle b console-socket pid-file no-pivot no-new-keyring preserve-fds")]
    [InlineData("run", "bundle b console-socket detach d keep pid-file no-subreaper no-pivot no-new-keyring preserve-fds")]
    [InlineData("exec", "console-socket cwd env e tty t user u additional-gids g process p detach d pid-file process-label apparmor no-new-privs cap c preserve-fds cgroup ignore-paused")]
    [InlineData("kill", "all a")]
    [InlineData("delete", "force f")]
    [InlineData("update", "resources r blkio-weight cpu-period cpu-quota cpu-share cpu-rt-period cpu-rt-runtime cpuset-cpus cpuset-mems memory memory-reservation memory-swap pids-limit")]
    [InlineData("events", "interval stats")]
    [InlineData("ps", "format f")]
    [InlineData("list", "format f quiet q")]
    [InlineData("spec", "bundle b")]
    [InlineData("start", "")]
    [InlineData("state", "")]
    [InlineData("pause", "")]
    [InlineData("resume", "")]
    [InlineData("features", "")]
    public void Every_command_of_runc_has_its_flags_in_the_help_and_takes_them(string command, string flags)
    {
        var help = Orun.Run(Orun.Program, command, "--help").Succeeds().Output;
        Assert.Equal(help, Orun.Run(Orun.Program, "help", command).Succeeds().Output);
        foreach (var flag in flags.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var dashed = (flag.Length == 1 ? "-" : "--") + flag;
            Assert.Matches($"(^|[ ,]){dashed}([ ,]|$)", help.ReplaceLineEndings(" "));
            Assert.DoesNotContain("unknown flag", Orun.Run(Orun.Program, "--root", "/nonexistent", command, dashed).Errors, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("--rootless", "true", "state")]
    [InlineData("checkpoint", "c")]
    [InlineData("restore", "c")]
    [InlineData("spec", "--rootless")]
    [InlineData("update", "--l3-cache-schema", "L3:0=f", "c")]
    public void What_is_not_supported_is_refused_by_name(params string[] arguments)
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var outcome = sandbox.Do(arguments);
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(arguments.First(word => word is not ("spec" or "update")).TrimStart('-'), outcome.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void Delete_takes_all_whose_ids_a_regular_expression_fits()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        foreach (var id in (string[])["web-1", "web-22", "db-1"])
        {
            sandbox.Linux["cgroupsPath"] = $"/{sandbox.Name}/{id}";
            sandbox.Do("run", "--detach", "-b", sandbox.Directory, id).Succeeds();
        }

        sandbox.Do("delete", "--force", "--regex", "^web-[0-9]+$").Succeeds();
        Assert.Equal("db-1", sandbox.Do("list", "-q").Succeeds().Output.Trim());
        sandbox.Do("delete", "--force", "--regex", "nobody").Succeeds();
        sandbox.Do("delete", "--regex", "(").Fails("not a regular expression");
        sandbox.Do("delete", "--force", "db-1").Succeeds();
    }

    [Theory]
    [InlineData("1", "7")]
    [InlineData("0", "")]
    public void Groups_of_the_caller_are_kept_where_podman_asks_for_it(string asked, string groups)
    {
        using var sandbox = new Sandbox("sh", "-c", "sed -n 's/^Groups:[ \t]*//p' /proc/self/status");
        sandbox.Config["annotations"] = new JsonObject { ["run.oci.keep_original_groups"] = asked };
        sandbox.Save();
        var said = Orun.Run("/usr/bin/setpriv", "--groups", "7", Orun.Program, "--root", sandbox.State, "run", "-b", sandbox.Directory, "c").Succeeds().Output;
        Assert.Equal(groups, said.Trim());
    }

    [Fact]
    public void Errors_have_the_words_that_engines_look_for()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        foreach (var command in (string[])["state", "start", "kill", "delete", "pause", "resume", "ps", "update", "events"])
            Assert.Contains("container does not exist", sandbox.Do(command, "nobody").Fails("nobody").Errors, StringComparison.Ordinal);
        Assert.Equal(255, sandbox.Do("exec", "nobody", "true").Fails("container does not exist").ExitCode);
        sandbox.Do("create", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("start", "c").Succeeds();
        sandbox.Do("start", "c").Fails("cannot start an already running container");
        sandbox.Do("kill", "c", "KILL").Succeeds();
        Sandbox.Until("it stops", () => sandbox.Status() == "stopped");
        sandbox.Do("start", "c").Fails("cannot start a container that has stopped");
        sandbox.Do("kill", "c", "TERM").Fails("container not running");
        sandbox.Do("exec", "c", "true").Fails("cannot exec in a stopped container");
        sandbox.Do("pause", "c").Fails("container not running");
        sandbox.Do("update", "--pids-limit", "5", "c").Fails("container not running");
    }

    [Fact]
    public void A_program_that_is_not_there_is_told_from_one_that_may_not_run()
    {
        using var sandbox = new Sandbox("/bin/none");
        sandbox.RunContainer().Fails("/bin/none").Fails("no such file or directory");
        File.WriteAllText(sandbox.Rootfs + "/bin/plain", "");
        sandbox.Args("/bin/plain").RunContainer().Fails("/bin/plain").Fails("permission denied");
    }

    [Fact]
    public void The_list_is_a_table_as_runcs()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("create", "-b", sandbox.Directory, "a-container-with-a-long-name").Succeeds();
        var lines = sandbox.Do("list").Succeeds().Output.Split('\n');
        Assert.Matches("^ID +PID +STATUS +BUNDLE +CREATED +OWNER$", lines[0]);
        Assert.Matches($"^a-container-with-a-long-name +[0-9]+ +created +{sandbox.Directory} +[0-9T:.Z-]+ +root$", lines[1]);
        Assert.Equal(lines[0].IndexOf("STATUS", StringComparison.Ordinal), lines[1].IndexOf("created", StringComparison.Ordinal));
    }

    [Fact]
    public void Ps_takes_the_options_of_ps()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        if (!File.Exists("/bin/ps")) return; // then it has a table of its own, with no options
        var lines = sandbox.Do("ps", "c").Succeeds().Output.TrimEnd().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Matches("^UID +PID ", lines[0]);
        Assert.EndsWith("sleep 1000", lines[1], StringComparison.Ordinal);
        Assert.Matches("^ *PID COMMAND\\n *[0-9]+ sleep\\n$", sandbox.Do("ps", "c", "-e", "-o", "pid,comm").Succeeds().Output);
        sandbox.Do("ps", "c", "-e", "-o", "comm").Fails("no column PID");
    }

    [LegacyCgroupFact("memory")]
    public void Events_follow_a_container_to_its_end()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Linux["resources"]!["memory"] = JsonNode.Parse("""{"limit":16777216,"swap":16777216}""");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        using var events = sandbox.Begin("events", "--interval", "100ms", "c");
        Assert.Equal("stats", (string)JsonNode.Parse(events.StandardOutput.ReadLine()!)!["type"]!); // it runs, so a line comes
        Assert.NotEqual(0, sandbox.Do("exec", "c", "dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1").ExitCode);
        Sandbox.Until("told of the memory", () => (string)JsonNode.Parse(events.StandardOutput.ReadLine()!)!["type"]! == "oom"); // as above
        sandbox.Do("kill", "c", "KILL").Succeeds();
        events.StandardOutput.ReadToEnd();
        events.WaitForExit();
        Assert.Equal(0, events.ExitCode);
        sandbox.Do("events", "--interval", "soon", "c").Fails("container not running");
    }

    [Fact]
    public void Sockets_of_a_service_manager_reach_the_program()
    {
        using var sandbox = new Sandbox().Shell("cd /proc/self/fd; echo *; echo $LISTEN_FDS $LISTEN_PID");
        sandbox.Save();
        var outcome = Orun.Run("/bin/bash", "-c",
            $"exec 3</etc/passwd 4</etc/passwd 5</etc/passwd 6</etc/passwd; export LISTEN_FDS=2; exec {Orun.Program} --root {sandbox.State} run --preserve-fds 1 -b {sandbox.Directory} c").Succeeds();
        Assert.StartsWith("0 1 2 3 4 5", outcome.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(" 7", outcome.Output, StringComparison.Ordinal);
        Assert.EndsWith("2 1\n", outcome.Output, StringComparison.Ordinal);
    }

    [LegacyCgroupFact("pids")]
    public void A_process_is_executed_into_a_cgroup_below_the_containers()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        Directory.CreateDirectory($"/sys/fs/cgroup/pids/{sandbox.Name}/c/below");
        var lines = sandbox.Do("exec", "--cgroup", "pids:/below", "c", "cat", "/proc/self/cgroup").Succeeds().Output.Split('\n');
        Assert.Contains(lines, line => line.EndsWith(":pids:/below", StringComparison.Ordinal));
        Assert.Contains(lines, line => line.EndsWith(":memory:/", StringComparison.Ordinal));
        sandbox.Do("exec", "--cgroup", "pids:/../..", "c", "true").Fails("is not a sub cgroup path");
        sandbox.Do("exec", "--cgroup", "/absent", "c", "true").Fails("no such file or directory");
        sandbox.Do("exec", "--cgroup", "nothing:/below", "c", "true").Fails("unknown controller");
    }

    [Fact]
    public void Without_a_new_keyring_the_callers_is_kept()
    {
        using var sandbox = new Sandbox().Shell("cat /proc/keys");
        sandbox.Linux["maskedPaths"] = new JsonArray();
        var keyring = "_ses." + sandbox.Name;
        Assert.DoesNotContain(keyring, sandbox.Do("run", "--no-new-keyring", "-b", sandbox.Directory, sandbox.Name).Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains(keyring, sandbox.Do("run", "-b", sandbox.Directory, sandbox.Name).Succeeds().Output, StringComparison.Ordinal);
    }

    [LegacyCgroupFact("memory")]
    public void A_limit_may_have_a_unit()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        foreach (var (text, bytes) in (ReadOnlySpan<(string, long)>)[("64m", 64L << 20), ("1GiB", 1L << 30), ("0.5g", 1L << 29), ("65536kb", 64L << 20), ("4096000", 4096000)])
        {
            sandbox.Do("update", "--memory", text, "c").Succeeds();
            Assert.Equal($"{bytes}", File.ReadAllText($"/sys/fs/cgroup/memory/{sandbox.Name}/c/memory.limit_in_bytes").Trim());
        }

        sandbox.Do("update", "--blkio-weight", "5", "c").Fails("--blkio-weight");
    }

    [LegacyCgroupFact("blkio")]
    public void A_disks_rate_is_limited()
    {
        var disk = File.ReadLines("/proc/partitions").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).First(words => words.Length == 4 && words[0] != "major");
        using var sandbox = new Sandbox("sleep", "1000");
        string Rate(int rate) => $$"""[{"major":{{disk[0]}},"minor":{{disk[1]}},"rate":{{rate}}}]""";
        sandbox.Linux["resources"]!["blockIO"] = JsonNode.Parse(
            $$"""{"throttleReadBpsDevice":{{Rate(1048576)}},"throttleWriteBpsDevice":{{Rate(2097152)}},"throttleReadIOPSDevice":{{Rate(30)}},"throttleWriteIOPSDevice":{{Rate(40)}}}""");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        foreach (var (file, rate) in (ReadOnlySpan<(string, int)>)[("read_bps", 1048576), ("write_bps", 2097152), ("read_iops", 30), ("write_iops", 40)])
            Assert.Equal($"{disk[0]}:{disk[1]} {rate}", File.ReadAllText($"/sys/fs/cgroup/blkio/{sandbox.Name}/c/blkio.throttle.{file}_device").Trim());
    }
}
