namespace Orchestrator.Conformance.Engines;

/// <summary>Debian's podman with orun in the place of crun, its storage and state in a directory of the test's own.</summary>
[Collection(Sequential.Name)]
public sealed class PodmanTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("orun-podman-").FullName;
    readonly string _cgroup = "orun-podman-" + Guid.NewGuid().ToString("N")[..8];

    public PodmanTests()
    {
        var image = _directory + "/busybox.tar";
        BusyboxImage.Write(image);
        Podman("import", image, "busybox").Succeeds();
    }

    Outcome Podman(params IEnumerable<string> arguments) => Command.Run("podman",
    [
        "--root", _directory + "/root", "--runroot", _directory + "/run", "--tmpdir", _directory + "/tmp", "--runtime", Command.Orun,
        "--cgroup-manager", "cgroupfs", "--events-backend", "file", "--storage-driver", "overlay", .. arguments,
    ]);

    // Podman raises the limits on open files and processes, which takes a capability that not every root has.
    string[] Limits => ["--cgroup-parent", "/" + _cgroup, "--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"];

    Outcome Run(params IEnumerable<string> arguments) => Podman(["run", "--rm", "--network", "none", .. Limits, .. arguments]);

    [Fact]
    public void It_runs_limits_and_confines_a_command()
    {
        Assert.Equal("hi\n", Run("busybox", "echo", "hi").Succeeds());
        Assert.Equal(7, Run("busybox", "sh", "-c", "exit 7").ExitCode);
        Assert.Equal(127, Run("busybox", "no-such-command").ExitCode);
        Assert.Equal("67108864\n", Run("--memory", "64m", "busybox", "cat", "/sys/fs/cgroup/memory/memory.limit_in_bytes").Succeeds());
        Assert.Contains("Seccomp:\t2", Run("busybox", "cat", "/proc/self/status").Succeeds(), StringComparison.Ordinal);
        Assert.Contains("CapEff:\t0000000000000000", Run("--cap-drop", "all", "busybox", "cat", "/proc/self/status").Succeeds(), StringComparison.Ordinal);
        Assert.Equal("uid=5 gid=6\n", Run("--user", "5:6", "busybox", "sh", "-c", "echo uid=$(id -u) gid=$(id -g)").Succeeds());
        Assert.Contains("Read-only file system", Run("--read-only", "busybox", "touch", "/file").Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_user_namespace_has_the_ids_asked_for()
    {
        Assert.Equal("0 100000 1000\n", Run("--uidmap", "0:100000:1000", "--gidmap", "0:100000:1000", "busybox", "sh", "-c", "echo $(cat /proc/self/uid_map)").Succeeds());
    }

    [Fact]
    public void A_container_is_entered_paused_and_killed()
    {
        Podman(["run", "--detach", "--network", "none", .. Limits, "--name", "long", "busybox", "sleep", "1000"]).Succeeds();
        Assert.Equal("in\n", Podman("exec", "--env", "X=in", "long", "sh", "-c", "echo $X").Succeeds());
        Podman("pause", "long").Succeeds();
        Assert.Equal("paused\n", Podman("inspect", "--format", "{{.State.Status}}", "long").Succeeds());
        Podman("unpause", "long").Succeeds();
        Podman("kill", "long").Succeeds();
        Assert.Equal("137\n", Podman("wait", "long").Succeeds());
        Podman("rm", "long").Succeeds();
    }

    public void Dispose()
    {
        Podman("rm", "--all", "--force");
        Command.Run("umount", "--recursive", _directory + "/root/overlay");
        Directory.Delete(_directory, recursive: true);
        Cgroups.Remove(_cgroup);
    }
}
