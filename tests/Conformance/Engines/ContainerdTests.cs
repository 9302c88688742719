using System.Diagnostics;
using Orchestrator.Testing;

namespace Orchestrator.Conformance.Engines;

/// <summary>Debian's containerd, whose runc shim is given orun as its BinaryName.</summary>
[Collection(Sequential.Name)]
public sealed class ContainerdTests : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("orun-containerd-").FullName;
    readonly Process _daemon;

    public ContainerdTests()
    {
        var configuration = _directory + "/config.toml";
        File.WriteAllText(configuration, $"""
            version = 2
            root = "{_directory}/root"
            state = "{_directory}/state"
            disabled_plugins = ["io.containerd.grpc.v1.cri"]
            [grpc]
              address = "{Socket}"
            [ttrpc]
              address = "{Socket}.ttrpc"
            """);
        _daemon = Process.Start("/bin/sh", ["-c", $"exec unshare --mount --net --propagation private containerd --config {configuration} >{_directory}/log 2>&1"]);
        Eventually.HoldsAsync(() => Ctr("version").ExitCode == 0, "containerd", () => File.ReadAllText(_directory + "/log")).GetAwaiter().GetResult();
        BusyboxImage.Write(_directory + "/root.tar");
        var layout = _directory + "/image";
        Command.Run("umoci", "init", "--layout", layout).Succeeds();
        Command.Run("umoci", "new", "--image", layout + ":latest").Succeeds();
        Command.Run("umoci", "raw", "add-layer", "--image", layout + ":latest", _directory + "/root.tar").Succeeds();
        Command.Run("skopeo", "copy", "--quiet", $"oci:{layout}:latest", $"docker-archive:{_directory}/image.tar:docker.io/library/busybox:latest").Succeeds();
        Ctr("images", "import", "--snapshotter", "native", _directory + "/image.tar").Succeeds();
    }

    string Socket => _directory + "/socket";

    Outcome Ctr(params IEnumerable<string> arguments) => Command.Run("ctr", ["--address", Socket, .. arguments]);

    Outcome Run(params IEnumerable<string> arguments) =>
        Ctr(["run", "--runtime", "io.containerd.runc.v2", "--runc-binary", Command.Orun, "--snapshotter", "native", .. arguments]);

    [Fact]
    public void Its_shim_runs_executes_pauses_and_kills()
    {
        Assert.Equal("hi\n", Run("--rm", "docker.io/library/busybox:latest", "one", "/bin/echo", "hi").Succeeds());
        Assert.Equal(7, Run("--rm", "docker.io/library/busybox:latest", "two", "/bin/sh", "-c", "exit 7").ExitCode);
        Run("--detach", "docker.io/library/busybox:latest", "long", "/bin/sleep", "1000").Succeeds();
        Assert.Equal("in\n", Ctr("tasks", "exec", "--exec-id", "e1", "long", "/bin/echo", "in").Succeeds());
        Ctr("tasks", "pause", "long").Succeeds();
        Assert.Contains("PAUSED", Ctr("tasks", "list").Succeeds(), StringComparison.Ordinal);
        Ctr("tasks", "resume", "long").Succeeds();
        Assert.Contains("METRIC", Ctr("tasks", "metrics", "long").Succeeds(), StringComparison.Ordinal);
        Ctr("tasks", "kill", "--signal", "SIGKILL", "long").Succeeds();
        Ctr("tasks", "delete", "--force", "long");
        Ctr("containers", "delete", "long").Succeeds();
        Assert.DoesNotContain("long", Ctr("containers", "list", "--quiet").Succeeds(), StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _daemon.Kill();
        _daemon.WaitForExit();
        _daemon.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
