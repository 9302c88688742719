using System.Diagnostics;
using Orchestrator.Testing;

namespace Orchestrator.Conformance.Engines;

/// <summary>
/// Debian's dockerd with orun as its default runtime, in mount and network namespaces of its own, without any network for containers.
/// One for all tests: it takes seconds to start.
/// </summary>
public sealed class Dockerd : IDisposable
{
    readonly string _directory = Directory.CreateTempSubdirectory("orun-dockerd-").FullName;
    readonly string _cgroup = "orun-dockerd-" + Guid.NewGuid().ToString("N")[..8];
    readonly Process _daemon;

    public Dockerd()
    {
        string[] arguments =
        [
            "--mount", "--net", "--propagation", "private", "dockerd", "--data-root", _directory + "/data", "--exec-root", _directory + "/exec",
            "--host", Socket, "--pidfile", _directory + "/pid", "--bridge", "none", "--iptables=false", "--ip-forward=false",
            "--add-runtime", "orun=" + Command.Orun, "--default-runtime", "orun", "--exec-opt", "native.cgroupdriver=cgroupfs",
            "--cgroup-parent", "/" + _cgroup,
        ];
        var start = new ProcessStartInfo("/bin/sh", ["-c", $"exec unshare \"$@\" >{_directory}/log 2>&1", "sh", .. arguments]);
        _daemon = Process.Start(start)!; // null only for shell verbs
        Eventually.HoldsAsync(() => Command.Run("docker", "--host", Socket, "version").ExitCode == 0, "dockerd", () => File.ReadAllText(_directory + "/log"))
            .GetAwaiter().GetResult();
        var image = _directory + "/busybox.tar";
        BusyboxImage.Write(image);
        Docker("import", image, "busybox").Succeeds();
    }

    string Socket => $"unix://{_directory}/socket";

    internal Outcome Docker(params IEnumerable<string> arguments) => Command.Run("docker", ["--host", Socket, .. arguments]);

    /// <summary>`docker run --rm` of busybox, without a network.</summary>
    internal Outcome Run(params IEnumerable<string> arguments) => Docker(["run", "--rm", "--network", "none", .. arguments]);

    /// <summary>The same on a terminal.</summary>
    internal Outcome OnTerminal(params IEnumerable<string> arguments) =>
        Command.Run("python3", [Command.Own("Suites/terminal.py"), "docker", "--host", Socket, .. arguments]);

    public void Dispose()
    {
        if (Docker("ps", "--all", "--quiet").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } left) Docker(["rm", "--force", .. left]);
        Process.Start("kill", File.ReadAllText(_directory + "/pid").Trim()).WaitForExit();
        _daemon.WaitForExit();
        _daemon.Dispose();
        Directory.Delete(_directory, recursive: true);
        Cgroups.Remove(_cgroup);
    }
}
