using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Commands that users run in containers, and their connections to pods, through every server to every node.</summary>
[Collection(OnTheSharedCluster.Name)]
public sealed class StreamTests(SharedCluster shared)
{
    TestCluster Cluster => shared.Cluster;

    [Fact]
    public async Task A_command_in_a_container_has_its_input_both_its_outputs_and_its_exit_code_through_every_server()
    {
        await RunningAsync("commanded", "exec sleep 1000", Cluster.Hosts[1].Name);
        foreach (var server in Cluster.Hosts)
        {
            var result = await Shell.TryAsync("in", Cluster.OrchCommand(["exec", "-i", "commanded", "--", "sh", "-c", "cat; echo out; echo err >&2; exit 3"], server));
            Assert.Equal((3, "inout\n", "err\ncommand terminated with exit code 3\n"), (result.ExitCode, result.Output, result.Error));
        }

        Assert.Equal(["1"], (await Cluster.OrchAsync("exec", "pod/commanded", "--", "sh", "-c", "cat; readlink /proc/self/ns/pid > /dev/null; cat /proc/1/cmdline | tr '\\0' '\\n' | grep -c 1000")).Lines);
        Assert.Equal(137, (await Cluster.TryOrchAsync("exec", "commanded", "--", "sh", "-c", "kill -9 $$")).ExitCode);
    }

    [Fact]
    public async Task Twenty_megabytes_go_in_and_come_out_of_a_command_as_they_were()
    {
        await RunningAsync("carried", "exec sleep 1000", Cluster.Hosts[2].Name);
        var orch = string.Join(' ', Cluster.OrchCommand(["exec", "-i", "carried", "--", "sh", "-c", "'sha256sum; echo over'"], Cluster.Hosts[0]));
        var back = string.Join(' ', Cluster.OrchCommand(["exec", "carried", "--", "sh", "-c", "'dd if=/dev/zero bs=1M count=20 2>/dev/null'"], Cluster.Hosts[0]));
        var expected = (await Shell.RunAsync("sh", "-c", "dd if=/dev/zero bs=1M count=20 2>/dev/null | sha256sum")).Output;

        Assert.Equal($"{expected}over\n", (await Shell.RunAsync("sh", "-c", $"dd if=/dev/zero bs=1M count=20 2>/dev/null | {orch}")).Output);
        Assert.Equal(expected, (await Shell.RunAsync("sh", "-c", $"{back} | sha256sum")).Output);
    }

    [Fact]
    public async Task A_command_with_a_terminal_sees_its_size_and_its_changes_and_ends_with_its_user()
    {
        await RunningAsync("typed", "exec sleep 1000");
        var orch = string.Join(' ', Cluster.OrchCommand(["exec", "-it", "typed", "--", "sh", "-c", "\"tty; trap 'stty size; exit 5' WINCH; stty size; while true; do sleep 0.1; done\""]));
        // The size changes once the first one was seen; the kernel tells orch, which is in the foreground.
        var typing = $"stty cols 101 rows 31; {orch} < /dev/tty & child=$!; while ! grep -q '31 101' typescript; do sleep 0.1; done; stty cols 77 rows 22; wait $child; echo ended $?";
        var directory = Directory.CreateTempSubdirectory("orch-typed-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(directory, "typing.sh"), typing);
            var result = await Shell.TryAsync("sh", "-c", $"cd {directory} && script -qefc 'sh typing.sh' typescript < /dev/null");
            Assert.Contains("/dev/pts/", result.Output, StringComparison.Ordinal);
            Assert.Contains("31 101", result.Output, StringComparison.Ordinal);
            Assert.Contains("22 77", result.Output, StringComparison.Ordinal);
            Assert.Contains("ended 5", result.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    [Theory]
    [InlineData("exec", "left")]
    [InlineData("exec", "-t", "left")]
    public async Task A_command_whose_user_is_gone_ends(params string[] arguments)
    {
        await RunningAsync("left", "exec sleep 1000");
        await using (var program = RunningProgram.Start(Cluster.OrchCommand([.. arguments, "--", "sleep", "4321"])))
        {
            await Cluster.HoldsAsync(async () => await CountAsync() == 1, "the command runs");
            program.Signal(RunningProgram.Kill);
            await program.EndedAsync(TimeSpan.FromSeconds(10));
        }

        await Cluster.HoldsAsync(async () => await CountAsync() == 0, "the command has ended");

        async Task<int> CountAsync() => (await Cluster.OrchAsync("exec", "left", "--", "sh", "-c", "grep -l 4321 /proc/[0-9]*/cmdline 2>/dev/null | while read file; do tr '\\0' ' ' < $file; echo; done | grep -c '^sleep 4321'; true")).Lines is [var count] ? int.Parse(count) : -1;
    }

    [Fact]
    public async Task What_can_not_be_run_or_reached_is_said()
    {
        await RunningAsync("mute", "exec sleep 1000");
        Assert.Contains("no-such-program", (await Failed("exec", "mute", "--", "no-such-program")).Error, StringComparison.Ordinal);
        Assert.Contains("no-such-program", (await Failed("exec", "-t", "mute", "--", "no-such-program")).Error, StringComparison.Ordinal);
        Assert.Equal("error: default/pod/nobody not found\n", (await Failed("exec", "nobody", "--", "true")).Error);
        Assert.Equal("error: default/pod/mute has no container other; it has main\n", (await Failed("exec", "mute", "-c", "other", "--", "true")).Error);
        Assert.Equal("error: the command goes after --: orch exec mute -- true\n", (await Failed("exec", "mute", "true")).Error);

        await Cluster.ApplyAsync(Given.Pod("over", "true"));
        await Cluster.HoldsAsync(async () => (await PodView.FindAsync(Cluster, "over"))?.Phase == "Succeeded", "it has ended");
        Assert.Contains("container main of pod over does not run: Completed", (await Failed("exec", "over", "--", "true")).Error, StringComparison.Ordinal);

        async Task<ShellResult> Failed(params string[] arguments)
        {
            var result = await Cluster.TryOrchAsync(arguments);
            Assert.NotEqual(0, result.ExitCode);
            return result;
        }
    }

    [Fact]
    public async Task A_port_leads_into_a_pod_even_to_what_listens_on_its_loopback_alone()
    {
        await RunningAsync("inner", "mkdir -p /tmp/w && echo hidden > /tmp/w/index.html && exec httpd -f -p 127.0.0.1:9000 -h /tmp/w", Cluster.Hosts[1].Name);
        await using var program = RunningProgram.Start(Cluster.OrchCommand(["port-forward", "pod/inner", "18080:9000", "18081:1"]));
        await Cluster.HoldsAsync(() => Task.FromResult(program.Output.Contains("Forwarding from 127.0.0.1:18081 -> 1", StringComparison.Ordinal)), "it listens");

        await Cluster.HoldsAsync(async () => (await CurlAsync("http://127.0.0.1:18080/")).Output == "hidden\n", "its server listens");
        for (var i = 0; i < 3; i++) Assert.Equal("hidden\n", (await CurlAsync("http://127.0.0.1:18080/")).Output);
        Assert.NotEqual(0, (await CurlAsync("http://127.0.0.1:18081/")).ExitCode);
        await Cluster.HoldsAsync(() => Task.FromResult(program.Output.Contains("nothing in pod inner answers at port 1", StringComparison.Ordinal)), "it says why");
    }

    [Fact]
    public async Task Hundreds_of_connections_one_right_after_the_other_lead_into_a_pod_through_every_server()
    {
        await RunningAsync("busy", "mkdir -p /tmp/w && echo here > /tmp/w/index.html && exec httpd -f -p 9001 -h /tmp/w", Cluster.Hosts[1].Name);
        foreach (var server in Cluster.Hosts)
        {
            await using var program = RunningProgram.Start(Cluster.OrchCommand(["port-forward", "pod/busy", "18070:9001"], server));
            await Cluster.HoldsAsync(async () => (await CurlAsync("http://127.0.0.1:18070/")).Output == "here\n", "it listens");
            var answers = await CurlAsync("http://127.0.0.1:18070/?[1-400]");
            Assert.True(answers.Output == string.Concat(Enumerable.Repeat("here\n", 400)), $"{answers.Output.Length / 5} of 400 through {server.Name}; {string.Join('\n', program.Output.Split('\n').Where(line => !line.StartsWith("Handling", StringComparison.Ordinal)))}");
        }
    }

    [Fact]
    public async Task A_services_port_leads_to_the_port_of_one_of_its_pods()
    {
        await Cluster.ApplyAsync(Given.Site("fronted", replicas: 2));
        await PodView.ReadyAsync(Cluster, "fronted", 2);
        await using var program = RunningProgram.Start(Cluster.OrchCommand(["port-forward", "svc/fronted", "18090:80"]));
        await Cluster.HoldsAsync(() => Task.FromResult(program.Output.Contains("Forwarding from 127.0.0.1:18090 -> 8080", StringComparison.Ordinal)), "it listens");
        Assert.StartsWith("Hello from pod fronted-", (await CurlAsync("http://127.0.0.1:18090/")).Output, StringComparison.Ordinal);
    }

    // Where users are: the ports are theirs.
    Task<ShellResult> CurlAsync(string url) => Shell.TryAsync(Cluster.Lan.Outer.Enter(["curl", "-s", "--max-time", "10", url]));

    async Task RunningAsync(string name, string script, string? node = null)
    {
        await Cluster.ApplyAsync(Given.Pod(name, script, node));
        await Cluster.HoldsAsync(async () => await PodView.FindAsync(Cluster, name) is { Ready: true }, $"{name} runs");
    }
}
