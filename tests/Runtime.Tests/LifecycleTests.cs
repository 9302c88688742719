using System.Diagnostics;
using System.Net.Sockets;

namespace Orchestrator.Runtime.Tests;

[Collection(Containers.Name)]
public sealed class LifecycleTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_manager_that_waits_hears_when_the_program_is_ready(bool atOnce)
    {
        using var sandbox = new Sandbox("sleep", "1000");
        var manager = $"{sandbox.Directory}/manager";
        using var ears = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        ears.Bind(new UnixDomainSocketEndPoint(manager));
        sandbox.Save();
        using var started = atOnce ? Begin("run", "--detach", "-b", sandbox.Directory, "c") : null;
        using var created = atOnce ? null : Begin("create", "-b", sandbox.Directory, "c");
        created?.WaitForExit();
        using var begun = atOnce ? null : Begin("start", "c");
        var waits = started ?? begun!; // one of them
        var socket = $"{sandbox.State}/c/notify/notify";
        Sandbox.Until("it is bound", () => File.Exists(socket));
        using (var mouth = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified))
        {
            mouth.Connect(new UnixDomainSocketEndPoint(socket));
            mouth.Send("STATUS=warming up"u8);
            Assert.False(waits.HasExited);
            mouth.Send("STATUS=here\nREADY=1"u8);
        }

        waits.WaitForExit();
        Assert.Equal(0, waits.ExitCode);
        var said = new byte[100];
        Assert.Matches(@"^MAINPID=\d+\nREADY=1$", System.Text.Encoding.UTF8.GetString(said, 0, ears.Receive(said)));
        sandbox.Do("delete", "--force", "c").Succeeds();
        Assert.False(Directory.Exists($"{sandbox.State}/c"));

        // And what is shown in the container.
        sandbox.Args("sh", "-c", "echo $NOTIFY_SOCKET; ls ${NOTIFY_SOCKET%/*}");
        sandbox.Save();
        var shown = Orun.Run("/usr/bin/env", $"NOTIFY_SOCKET={manager}", Orun.Program, "--root", sandbox.State, "run", "-b", sandbox.Directory, "c").Succeeds().Output;
        Assert.Equal($"{manager}/notify\nnotify\n", shown);

        Process Begin(params string[] arguments) =>
            Process.Start(new ProcessStartInfo(Orun.Program, ["--root", sandbox.State, .. arguments]) { Environment = { ["NOTIFY_SOCKET"] = manager } })!; // without the shell there always is one
    }

    [Fact]
    public void A_created_container_waits_for_start_and_a_stopped_one_can_be_deleted()
    {
        using var sandbox = new Sandbox().Writable().Shell("echo ran > /proof; while true; do sleep 1; done");
        sandbox.Do("create", "--pid-file", sandbox.Directory + "/pid", "c").Succeeds();
        Assert.Equal("created", sandbox.Status());
        Assert.Equal(sandbox.Pid().ToString(), File.ReadAllText(sandbox.Directory + "/pid"));
        Assert.False(File.Exists(sandbox.Rootfs + "/proof"));

        sandbox.Do("start", "c").Succeeds();
        Assert.Equal("running", sandbox.Status());
        Sandbox.Until("the program runs", () => File.Exists(sandbox.Rootfs + "/proof"));
        sandbox.Do("start", "c").Fails("already running");
        sandbox.Do("delete", "c").Fails("not stopped: running");

        sandbox.Do("kill", "c", "KILL").Succeeds();
        Sandbox.Until("stopped", () => sandbox.Status() == "stopped");
        Assert.Equal(0, sandbox.Pid());
        sandbox.Do("kill", "c", "KILL").Fails("not running");
        sandbox.Do("delete", "c").Succeeds();
        sandbox.Do("state", "c").Fails("does not exist");
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 42", 42)]
    [InlineData("kill -9 $$ & sleep 1; exit 3", 3)] // the first process of a pid namespace is not killed from inside
    public void Run_ends_with_the_exit_code_of_the_container(string script, int exitCode)
    {
        using var sandbox = new Sandbox().Shell(script);
        Assert.Equal(exitCode, sandbox.RunContainer().ExitCode);
    }

    [Fact]
    public void Run_passes_signals_on_and_reports_a_death_by_signal()
    {
        using var sandbox = new Sandbox().Shell("trap 'echo got it; exit 9' TERM; echo ready; while true; do sleep 1; done");
        using var run = sandbox.Begin("run", "--bundle", sandbox.Directory, "c");
        Assert.Equal("ready", run.StandardOutput.ReadLine());
        Orun.Run("/bin/kill", "-TERM", run.Id.ToString()).Succeeds();
        Assert.Equal("got it", run.StandardOutput.ReadLine());
        run.WaitForExit();
        Assert.Equal(9, run.ExitCode);

        sandbox.Shell("echo ready; sleep 100");
        using var killed = sandbox.Begin("run", "--bundle", sandbox.Directory, "c");
        Assert.Equal("ready", killed.StandardOutput.ReadLine());
        sandbox.Do("kill", "c", "9").Succeeds();
        killed.WaitForExit();
        Assert.Equal(128 + 9, killed.ExitCode);
    }

    [Fact]
    public void A_program_that_is_not_there_fails_create_and_leaves_nothing()
    {
        using var sandbox = new Sandbox("no-such-program");
        sandbox.Do("create", "c").Fails("execute no-such-program").Fails("no such file or directory");
        sandbox.Do("state", "c").Fails("does not exist");
        Assert.Empty(sandbox.CgroupDirectories());
    }

    [Fact]
    public void A_program_that_the_kernel_refuses_fails_start()
    {
        using var sandbox = new Sandbox("/bin/garbage");
        File.WriteAllBytes(sandbox.Rootfs + "/bin/garbage", [0x7F, 1, 2, 3]);
        File.SetUnixFileMode(sandbox.Rootfs + "/bin/garbage", (UnixFileMode)0x1ED);
        sandbox.Do("create", "c").Succeeds();
        sandbox.Do("start", "c").Fails("not an executable file format");
        Sandbox.Until("stopped", () => sandbox.Status() == "stopped");
    }

    [Fact]
    public void Forced_deletion_ends_every_process_even_without_a_pid_namespace()
    {
        using var sandbox = new Sandbox().Writable().Shell("sleep 1000 & sleep 1001 & echo $! > /child; wait");
        var namespaces = sandbox.Linux["namespaces"]!.AsArray();
        namespaces.Remove(namespaces.First(ns => (string)ns!["type"]! == "pid"));
        sandbox.Do("run", "--detach", "--bundle", sandbox.Directory, "c").Succeeds();
        Sandbox.Until("the child runs", () => File.Exists(sandbox.Rootfs + "/child") && File.ReadAllText(sandbox.Rootfs + "/child").EndsWith('\n'));
        var child = File.ReadAllText(sandbox.Rootfs + "/child").Trim();
        Assert.True(Directory.Exists("/proc/" + child));
        sandbox.Do("delete", "--force", "c").Succeeds();
        Sandbox.Until("the child is gone", () => !Directory.Exists("/proc/" + child));
        Assert.Empty(sandbox.CgroupDirectories());
        sandbox.Do("delete", "--force", "c").Succeeds();
    }

    [Fact]
    public void Nothing_is_left_after_fifty_containers()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Save();
        var mounts = File.ReadAllLines("/proc/self/mountinfo").Length;
        for (var i = 0; i < 50; i++) sandbox.RunContainer().Succeeds();
        Assert.Empty(sandbox.CgroupDirectories());
        Assert.Empty(Directory.EnumerateFileSystemEntries(sandbox.State));
        Assert.Equal(mounts, File.ReadAllLines("/proc/self/mountinfo").Length);
    }

    [LegacyCgroupFact("cpuset")]
    public void A_cpuset_that_somebody_left_empty_is_filled()
    {
        const string cpusets = "/sys/fs/cgroup/cpuset";
        using var sandbox = new Sandbox("true");
        Directory.CreateDirectory($"{cpusets}/{sandbox.Name}");
        sandbox.RunContainer().Succeeds();
    }

    [Fact]
    public void List_shows_each_container()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Do("create", "c").Succeeds();
        Assert.Equal("c\n", sandbox.Do("list", "-q").Succeeds().Output);
        Assert.Equal("created", (string)sandbox.Do("list", "-f", "json").Succeeds().Json[0]!["status"]!);
        sandbox.Do("create", "c").Fails("container with given ID already exists");
        // A container that was never started may be deleted.
        sandbox.Do("delete", "c").Succeeds();
        Assert.Equal("", sandbox.Do("list", "-q").Succeeds().Output);
    }

    [Theory]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("")]
    public void An_id_that_is_no_name_is_refused(string id)
    {
        using var sandbox = new Sandbox("true");
        sandbox.Do("create", id).Fails("not a container id");
        sandbox.Do("delete", "--force", id).Fails("not a container id");
    }

    [Fact]
    public void Hooks_run_in_order_with_the_state_and_a_failing_one_stops_the_creation()
    {
        using var sandbox = new Sandbox("true");
        var log = sandbox.Directory + "/hooks";
        System.Text.Json.Nodes.JsonNode Hook(string name, int exit = 0) => System.Text.Json.Nodes.JsonNode.Parse(
            $$"""[{"path":"/bin/sh","args":["sh","-c","echo {{name}} $(grep -o '\"status\":\"[a-z]*\"') >> {{log}}; exit {{exit}}"],"env":["PATH=/bin:/usr/bin"]}]""")!;
        sandbox.Config["hooks"] = new System.Text.Json.Nodes.JsonObject
        {
            ["prestart"] = Hook("prestart"), ["createRuntime"] = Hook("createRuntime"), ["poststart"] = Hook("poststart"), ["poststop"] = Hook("poststop"),
        };
        sandbox.Do("create", "c").Succeeds();
        sandbox.Do("start", "c").Succeeds();
        Sandbox.Until("stopped", () => sandbox.Status() == "stopped");
        sandbox.Do("delete", "c").Succeeds();
        Assert.Equal(
            ["prestart \"status\":\"creating\"", "createRuntime \"status\":\"creating\"", "poststart \"status\":\"running\"", "poststop \"status\":\"stopped\""],
            File.ReadAllLines(log));

        sandbox.Config["hooks"] = new System.Text.Json.Nodes.JsonObject { ["prestart"] = Hook("prestart", exit: 5) };
        sandbox.Do("create", "c").Fails("prestart hook /bin/sh: ended with 5");
        sandbox.Do("state", "c").Fails("does not exist");
        Assert.Empty(sandbox.CgroupDirectories());
    }

    [Fact]
    public void An_unknown_command_or_flag_is_one_line_and_exit_code_1()
    {
        var unknown = Orun.Run(Orun.Program, "frobnicate");
        Assert.Equal((1, "orun: unknown command 'frobnicate': orun help lists them\n"), (unknown.ExitCode, unknown.Errors));
        var flag = Orun.Run(Orun.Program, "create", "--frob", "c");
        Assert.Equal((1, "orun: unknown flag --frob\n"), (flag.ExitCode, flag.Errors));
    }

    [Fact]
    public void Errors_go_to_the_log_file_as_json_too()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Do("--log", sandbox.Directory + "/log", "--log-format", "json", "start", "nobody").Fails("does not exist");
        var line = System.Text.Json.Nodes.JsonNode.Parse(File.ReadAllText(sandbox.Directory + "/log"))!;
        Assert.Equal("error", (string)line["level"]!);
        Assert.Equal("container does not exist: nobody", (string)line["msg"]!);
    }
}
