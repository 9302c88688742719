using Orchestrator.Testing;

namespace Orchestrator.Conformance.Engines;

/// <summary>What people do with docker, done with orun below it.</summary>
[Collection(Sequential.Name)]
public sealed class DockerTests(Dockerd docker) : IClassFixture<Dockerd>
{
    [Fact]
    public void It_runs_a_command_and_passes_on_its_exit_code()
    {
        Assert.Equal("hi\n", docker.Run("busybox", "echo", "hi").Succeeds());
        Assert.Equal(7, docker.Run("busybox", "sh", "-c", "exit 7").ExitCode);
        Assert.Equal(137, docker.Run("busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?").ExitCode);
    }

    [Fact]
    public void A_command_that_is_not_there_is_exit_code_127_and_one_that_may_not_run_126()
    {
        var missing = docker.Run("busybox", "no-such-command");
        Assert.Equal(127, missing.ExitCode);
        Assert.Contains("no-such-command", missing.Errors, StringComparison.Ordinal);
        Assert.Equal(126, docker.Run("busybox", "/etc/passwd").ExitCode);
    }

    [Fact]
    public void A_terminal_is_one()
    {
        Assert.StartsWith("/dev/pts/0\n", docker.OnTerminal("run", "--rm", "--network", "none", "-it", "busybox", "tty").Succeeds(), StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_cpus_and_processes_are_limited()
    {
        const string script = "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.cfs_quota_us pids/pids.max cpuset/cpuset.cpus";
        Assert.Equal("67108864\n50000\n20\n0\n",
            docker.Run("--memory", "64m", "--cpus", "0.5", "--pids-limit", "20", "--cpuset-cpus", "0", "busybox", "sh", "-c", script).Succeeds());
    }

    [Fact]
    public void A_process_over_its_memory_is_killed_and_docker_knows_why()
    {
        docker.Docker("run", "--name", "hungry", "--network", "none", "--memory", "16m", "--memory-swap", "16m", "busybox",
            "sh", "-c", "x=a; while true; do x=$x$x; done");
        Assert.Equal("true 137\n", docker.Docker("inspect", "--format", "{{.State.OOMKilled}} {{.State.ExitCode}}", "hungry").Succeeds());
        docker.Docker("rm", "hungry").Succeeds();
    }

    [Fact]
    public void A_read_only_root_can_not_be_written()
    {
        Assert.Contains("Read-only file system", docker.Run("--read-only", "busybox", "touch", "/file").Errors, StringComparison.Ordinal);
        Assert.Equal("", docker.Run("--read-only", "--tmpfs", "/tmp", "busybox", "touch", "/tmp/file").Succeeds());
    }

    [Fact]
    public void Capabilities_are_dropped_and_added()
    {
        Assert.Contains("CapEff:\t0000000000000000", docker.Run("--cap-drop", "ALL", "busybox", "cat", "/proc/self/status").Succeeds(), StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000001000",
            docker.Run("--cap-drop", "ALL", "--cap-add", "NET_ADMIN", "busybox", "cat", "/proc/self/status").Succeeds(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_is_who_was_asked_for()
    {
        Assert.Equal("uid=1000(user) gid=1000(user) groups=1000(user)\n", docker.Run("--user", "user", "busybox", "id").Succeeds());
        Assert.Equal("5 6 7\n", docker.Run("--user", "5:6", "--group-add", "7", "busybox", "sh", "-c", "echo $(id -u) $(id -G)").Succeeds());
    }

    [Fact]
    public void The_default_seccomp_profile_holds_and_can_be_replaced()
    {
        Assert.Contains("Operation not permitted", docker.Run("busybox", "unshare", "-r", "true").Errors, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", docker.Run("busybox", "cat", "/proc/self/status").Succeeds(), StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t0", docker.Run("--security-opt", "seccomp=unconfined", "busybox", "cat", "/proc/self/status").Succeeds(), StringComparison.Ordinal);
        var profile = Path.GetTempFileName();
        File.WriteAllText(profile, """{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":95}]}""");
        Assert.Contains("not supported", docker.Run("--security-opt", "seccomp=" + profile, "busybox", "mkdir", "/x").Errors, StringComparison.OrdinalIgnoreCase);
        File.Delete(profile);
    }

    [Fact]
    public void A_container_is_entered_paused_measured_changed_and_killed()
    {
        docker.Docker("run", "--detach", "--network", "none", "--name", "long", "busybox", "sleep", "1000").Succeeds();
        Assert.Equal("in\n", docker.Docker("exec", "--env", "X=in", "long", "sh", "-c", "echo $X").Succeeds());
        Assert.Equal(3, docker.Docker("exec", "long", "sh", "-c", "exit 3").ExitCode);
        Assert.StartsWith("/dev/pts/", docker.OnTerminal("exec", "-it", "long", "tty").Succeeds(), StringComparison.Ordinal);
        Assert.Contains("sleep 1000", docker.Docker("top", "long").Succeeds(), StringComparison.Ordinal);
        docker.Docker("pause", "long").Succeeds();
        Assert.Equal("paused\n", docker.Docker("inspect", "--format", "{{.State.Status}}", "long").Succeeds());
        docker.Docker("unpause", "long").Succeeds();
        Assert.Equal("1\n", docker.Docker("stats", "--no-stream", "--format", "{{.PIDs}}", "long").Succeeds());
        docker.Docker("update", "--memory", "80m", "--memory-swap", "80m", "long").Succeeds();
        Assert.Equal("83886080\n", docker.Docker("exec", "long", "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes").Succeeds());
        docker.Docker("kill", "--signal", "KILL", "long").Succeeds();
        Assert.Equal("137\n", docker.Docker("wait", "long").Succeeds());
        docker.Docker("rm", "long").Succeeds();
    }

    [Fact]
    public async Task A_restart_policy_starts_it_again()
    {
        docker.Docker("run", "--detach", "--network", "none", "--name", "again", "--restart", "on-failure:3", "busybox", "sh", "-c", "echo once; exit 1").Succeeds();
        await Eventually.HoldsAsync(
            () => docker.Docker("inspect", "--format", "{{.RestartCount}} {{.State.Status}}", "again").Output == "3 exited\n", "three restarts");
        Assert.Equal("once\nonce\nonce\nonce\n", docker.Docker("logs", "again").Succeeds());
        docker.Docker("rm", "again").Succeeds();
    }

    [Fact]
    public void Volumes_and_init_work()
    {
        Assert.Equal("kept\n", docker.Run("--volume", "shared:/data", "busybox", "sh", "-c", "echo kept >/data/file; cat /data/file").Succeeds());
        Assert.Equal("kept\n", docker.Run("--volume", "shared:/data:ro", "busybox", "cat", "/data/file").Succeeds());
        Assert.NotEqual(0, docker.Run("--volume", "shared:/data:ro", "busybox", "touch", "/data/file").ExitCode);
        docker.Docker("volume", "rm", "shared").Succeeds();
    }
}
