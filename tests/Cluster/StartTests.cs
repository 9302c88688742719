using Orchestrator.Testing.Clusters;
using Orchestrator.Testing;

namespace Orchestrator.Cluster;

/// <summary>What keeps orchd from starting is said in one line that helps, and leaves nothing behind.</summary>
public sealed class StartTests : IAsyncLifetime
{
    Lan? _lan;

    LanHost Host => _lan!.Hosts[0]; // made before each test

    public async Task InitializeAsync() => _lan = await Lan.MakeAsync(hosts: 1);

    public async Task DisposeAsync() => await _lan!.DisposeAsync(); // made before each test

    [Theory]
    [InlineData("--certificate-hours 2161", "at most 2160, which is 90 days")]
    [InlineData("--node-lease 1", "--node-lease 1: 2 to 3600 seconds")]
    [InlineData("--label zone", "--label zone is no label; write name=value")]
    [InlineData("--label zo:ne=a", "\"zo:ne\" is no label name")]
    [InlineData("--label zone=a/b", "\"a/b\" is no label value")]
    [InlineData("--taint gpu", "\"gpu\" is no taint; write key=value:effect")]
    [InlineData("--system-reserved disk=1Gi", "\"disk=1Gi\" is no reserve")]
    [InlineData("--drain-on-stop --drain-timeout 0", "--drain-timeout 0 is no time")]
    [InlineData("--port 65535", "--port 65535 is no port; choose one from 1 to 65532")]
    [InlineData("--port 0", "--port 0 is no port")]
    public async Task An_option_that_makes_no_sense_is_named(string options, string said)
    {
        AssertRefused(await StartAsync(["--advertise", Host.Address, .. options.Split(' ')]), said);
        Assert.False(Directory.Exists(Host.DataDirectory));
    }

    [Fact]
    public async Task An_address_that_the_machine_does_not_have_is_named()
    {
        AssertRefused(await StartAsync("--advertise", "10.88.0.77"), "this machine has no address 10.88.0.77; give --advertise one that `ip address` lists");
    }

    [Theory]
    [InlineData("10.88.0.1", 6440, "the API", "--port")]
    [InlineData("10.88.0.1", 6441, "Raft", "--port")]
    [InlineData("10.88.0.1", 6442, "sessions", "--port")]
    [InlineData("127.0.0.1", 6443, "health and metrics", "--port")]
    [InlineData("10.88.0.1", 80, "the ingress", "--ingress-port")]
    public async Task A_port_that_another_program_has_is_named_with_what_it_is_for(string address, int port, string what, string option)
    {
        await using var other = RunningProgram.Start(Host.Namespace.Enter("busybox", "httpd", "-f", "-p", $"{address}:{port}"));
        await Eventually.HoldsAsync(async () => (await Host.Namespace.RunAsync("ss", "-ltn")).Output.Contains($"{address}:{port} ", StringComparison.Ordinal), "the other program");

        AssertRefused(await StartAsync("--advertise", Host.Address, "--ingress"), $"{address}:{port}, for {what}, is in use already", $"choose another port with {option}");
    }

    [Fact]
    public async Task A_data_directory_that_another_orchd_has_is_named_with_that_process()
    {
        Host.Start("server", "--advertise", Host.Address);
        await Eventually.HoldsAsync(async () => (await Host.CurlAsync("-f", "http://127.0.0.1:6443/readyz")).ExitCode == 0, "the first orchd", Host.LogTail);

        AssertRefused(await StartAsync("--advertise", Host.Address, "--port", "7000"), $"{Host.DataDirectory}/store is in use by process", "stop it, or choose another directory");
    }

    [Fact]
    public async Task Without_root_no_containers_are_run_and_no_foreign_directory_is_used()
    {
        string[] nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];

        AssertRefused(await Host.Namespace.TryAsync([.. nobody, Programs.Orchd, "server", "--agent", "--advertise", Host.Address, .. Host.Places]), "needs root");
        AssertRefused(await Host.Namespace.TryAsync([.. nobody, Programs.Orchd, "reset", .. Host.Places]), "needs root");
        AssertRefused(await Host.Namespace.TryAsync([.. nobody, Programs.Orchd, "server", "--advertise", Host.Address, .. Host.Places]), Host.DataDirectory, "choose another one with --data-dir");
    }

    Task<ShellResult> StartAsync(params IReadOnlyList<string> arguments) => Host.Namespace.TryAsync([Programs.Orchd, "server", .. arguments, .. Host.Places]);

    static void AssertRefused(ShellResult start, params IReadOnlyList<string> said)
    {
        Assert.Equal(1, start.ExitCode);
        Assert.Equal("", start.Output);
        var line = Assert.Single(start.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("orchd: ", line);
        Assert.All(said, text => Assert.Contains(text, line, StringComparison.Ordinal));
    }
}
