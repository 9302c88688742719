using Orchestrator.Model.Meta;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Cni;
using Orchestrator.NodeAgent.Tests.Machine;
using Orchestrator.Testing;

namespace Orchestrator.NodeAgent.Tests.Networking;

/// <summary>How CNI plugins are called, seen by plugins that write down what they are told; and pods connected by those of Debian.</summary>
public sealed class CniTests : IDisposable
{
    readonly TemporaryDirectory _directory = new();
    readonly Host _host;
    readonly PodNamespaces _namespaces;

    public CniTests()
    {
        _host = new Host(_directory, "m");
        _namespaces = new PodNamespaces(_directory["ns"]);
        _namespaces.Make("p", hostNetwork: false);
        Directory.CreateDirectory(_directory["plugins"]);
        Directory.CreateDirectory(_directory["net.d"]);
    }

    public void Dispose()
    {
        _namespaces.Remove();
        _host.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task Plugins_are_called_in_turn_each_with_the_result_before_and_back_again()
    {
        Plugin("first", """{"cniVersion": "1.0.0", "ips": [{"address": "10.22.0.7/24"}]}""");
        Plugin("second", """{"cniVersion": "1.0.0", "ips": [{"address": "10.22.0.7/24"}], "second": true}""");
        Configure("""{"cniVersion": "1.0.0", "name": "mine", "plugins": [{"type": "first", "own": 1}, {"type": "second", "capabilities": {"portMappings": true, "bandwidth": true}}]}""");
        var pods = Pods();

        var (address, mapsPorts) = await pods.AttachAsync(Asking(), _namespaces.Network, CancellationToken.None);
        Assert.Equal(("10.22.0.7", true), (address.ToString(), mapsPorts));
        await pods.AttachAsync(Asking(), _namespaces.Network, CancellationToken.None); // done again, as after an agent that died midway
        await pods.DetachAsync("u1", _namespaces.Network, CancellationToken.None);
        await pods.DetachAsync("u1", _namespaces.Network, CancellationToken.None);

        const string One = """{"cniVersion":"1.0.0","ips":[{"address":"10.22.0.7/24"}]}""", Two = """{"cniVersion":"1.0.0","ips":[{"address":"10.22.0.7/24"}],"second":true}""";
        const string Asked = """{"portMappings":[{"hostPort":8081,"containerPort":8080,"protocol":"tcp"}],"bandwidth":{"ingressRate":10000000,"ingressBurst":2147483647}}""";
        Assert.Equal(
        [
            """first ADD u1 eth0 {"type":"first","own":1,"name":"mine","cniVersion":"1.0.0"}""",
            $$"""second ADD u1 eth0 {"type":"second","name":"mine","cniVersion":"1.0.0","prevResult":{{One}},"runtimeConfig":{{Asked}}}""",
            $$"""first CHECK u1 eth0 {"type":"first","own":1,"name":"mine","cniVersion":"1.0.0","prevResult":{{Two}}}""",
            $$"""second CHECK u1 eth0 {"type":"second","name":"mine","cniVersion":"1.0.0","prevResult":{{Two}},"runtimeConfig":{{Asked}}}""",
            $$"""second DEL u1 eth0 {"type":"second","name":"mine","cniVersion":"1.0.0","prevResult":{{Two}},"runtimeConfig":{{Asked}}}""",
            $$"""first DEL u1 eth0 {"type":"first","own":1,"name":"mine","cniVersion":"1.0.0","prevResult":{{Two}}}""",
        ], Calls());
        Assert.Contains("K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web;", File.ReadAllText(_directory["plugins/arguments"]), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_failing_plugin_says_is_told_and_what_was_made_before_it_is_taken_away()
    {
        Plugin("first", """{"cniVersion": "1.0.0", "ips": [{"address": "10.22.0.7/24"}]}""");
        Plugin("second", """{"code": 11, "msg": "try again later", "details": "the pool is empty"}""", exit: 1);
        Configure("""{"cniVersion": "1.0.0", "name": "mine", "plugins": [{"type": "first"}, {"type": "second"}]}""");
        var error = await Assert.ThrowsAsync<IOException>(() => Pods().AttachAsync(Asking(), _namespaces.Network, CancellationToken.None));
        Assert.Equal("CNI plugin second: ADD for network mine: try again later: the pool is empty (code 11)", error.Message);

        Plugin("second", """{"cniVersion": "1.0.0", "ips": [{"address": "10.22.0.8/24"}]}""");
        Assert.Equal("10.22.0.8", (await Pods().AttachAsync(Asking(), _namespaces.Network, CancellationToken.None)).Address.ToString());
        Assert.Equal(["first ADD", "second ADD", "second DEL", "first DEL", "first ADD", "second ADD"], Calls().Select(call => string.Join(' ', call.Split(' ')[..2])));
    }

    [Fact]
    public async Task A_pod_is_disconnected_by_what_it_was_connected_by_also_when_its_namespace_is_gone()
    {
        Plugin("first", """{"cniVersion": "0.4.0", "ips": [{"version": "4", "address": "10.22.0.7/24"}]}""");
        Configure("""{"cniVersion": "0.4.0", "name": "mine", "type": "first"}""");
        await Pods().AttachAsync(Asking(), _namespaces.Network, CancellationToken.None);
        File.Delete(_directory["net.d/10-mine.conflist"]);
        _namespaces.Remove();

        await Pods().DetachAsync("u1", _namespaces.Network, CancellationToken.None);
        Assert.Equal(["first ADD", "first DEL"], Calls().Select(call => string.Join(' ', call.Split(' ')[..2])));
        Assert.EndsWith("namespace=", File.ReadAllText(_directory["plugins/arguments"]).TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{", "net.d/10-mine.conflist: Expected depth")]
    [InlineData("""{"cniVersion": "1.0.0"}""", "net.d/10-mine.conflist: name is missing")]
    [InlineData("""{"cniVersion": "0.2.0", "name": "mine", "type": "first"}""", "cniVersion is 0.2.0, but must be one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0")]
    [InlineData("""{"cniVersion": "1.0.0", "name": "mine", "plugins": []}""", "plugins is empty")]
    [InlineData("""{"cniVersion": "1.0.0", "name": "mine", "plugins": [{"type": "../../bin/sh"}]}""", "a plugin's type is \"../../bin/sh\", but must be the name of a program")]
    [InlineData("""{"cniVersion": "1.0.0", "name": "mine", "plugins": [{"type": "missing"}]}""", "CNI plugin missing is in none of ")]
    public async Task A_configuration_that_is_none_is_told_with_its_file(string text, string problem)
    {
        Configure(text);
        var error = await Assert.ThrowsAsync<IOException>(() => Pods().AttachAsync(Asking(), _namespaces.Network, CancellationToken.None));
        Assert.Contains(problem, error.Message, StringComparison.Ordinal);
        File.Delete(_directory["net.d/10-mine.conflist"]);
        Assert.Contains("has no network configuration", (await Assert.ThrowsAsync<IOException>(() => Pods().AttachAsync(Asking() with { Metadata = new ObjectMeta { Name = "other", Uid = "u2" } }, _namespaces.Network, CancellationToken.None))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pods_are_connected_by_the_plugins_of_Debian_and_leave_nothing_behind()
    {
        using TemporaryDirectory configuration = new();
        Directory.CreateDirectory(configuration["net.d"]);
        File.WriteAllText(configuration["net.d/10-debian.conflist"], $$$"""
            {
              "cniVersion": "1.0.0",
              "name": "debian",
              "plugins": [
                {
                  "type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true,
                  "ipam": {"type": "host-local", "dataDir": "{{{configuration["leases"]}}}", "ranges": [[{"subnet": "10.22.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}
                },
                {"type": "portmap", "capabilities": {"portMappings": true}},
                {"type": "bandwidth", "capabilities": {"bandwidth": true}},
                {"type": "firewall"}
              ]
            }
            """);
        await using var agent = await RunningAgent.StartAsync(options => options with { CniConfigurations = configuration["net.d"] });
        using Host outside = new(configuration, "outside");
        await Host.JoinAsync(agent.Host, "192.0.2.1/24", outside, "192.0.2.2/24");
        var web = RunningAgent.Shell("echo hello >/tmp/index.html; exec httpd -f -p 8080 -h /tmp", container => container with { Ports = [new ContainerPort { Port = 8080, HostPort = 8081 }] });
        web = web with { Metadata = web.Metadata with { Annotations = new Dictionary<string, string> { ["kubernetes.io/ingress-bandwidth"] = "100M" } } };
        agent.Control.Want(web);
        var running = await agent.Control.UntilAsync(web, status => status.Phase == PodPhase.Running && status.PodIp is not null, "the pod runs");

        Assert.StartsWith("10.22.0.", running.PodIp, StringComparison.Ordinal);
        Assert.Equal("hello", (await outside.RunAsync("curl", "-s", "--retry", "20", "--retry-connrefused", "--retry-delay", "1", "http://192.0.2.1:8081/")).Trim());
        Assert.Contains("qdisc tbf", await agent.Host.RunAsync("tc", "qdisc"), StringComparison.Ordinal);
        Assert.Contains(Directory.EnumerateFiles(configuration["leases"], "10.22.0.*", SearchOption.AllDirectories), lease => lease.EndsWith(running.PodIp!, StringComparison.Ordinal));

        agent.Control.Delete(web, graceSeconds: 1);
        await Eventually.HoldsAsync(() => agent.Control.IsGone(web), "the pod's end");
        Assert.Empty(Directory.EnumerateFiles(configuration["leases"], "10.22.0.*", SearchOption.AllDirectories));
        Assert.DoesNotContain("veth", await agent.Host.RunAsync("ip", "link", "show", "master", "cni0"), StringComparison.Ordinal);
    }

    CniPods Pods() => new(_host.Namespace, _directory["net.d"], [_directory["plugins"]], uid => _directory[$"records/{uid}/cni.json"]);

    void Configure(string text) => File.WriteAllText(_directory["net.d/10-mine.conflist"], text);

    /// <summary>A plugin that writes down how it was called, and says this.</summary>
    void Plugin(string name, string says, int exit = 0)
    {
        File.WriteAllText(_directory[$"plugins/{name}"], $$"""
            #!/bin/sh
            echo "{{name}} $CNI_COMMAND $CNI_CONTAINERID $CNI_IFNAME $(cat)" >>{{_directory["plugins/calls"]}}
            echo "$CNI_ARGS path=$CNI_PATH namespace=$CNI_NETNS" >>{{_directory["plugins/arguments"]}}
            echo "a word for the log" >&2
            [ $CNI_COMMAND = DEL ] && exit 0
            cat <<'SAYS'
            {{says}}
            SAYS
            exit {{exit}}
            """);
        File.SetUnixFileMode(_directory[$"plugins/{name}"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    List<string> Calls() => [.. File.ReadLines(_directory["plugins/calls"])];

    static Pod Asking() => new()
    {
        Metadata = new ObjectMeta { Name = "web", Namespace = "shop", Uid = "u1", Annotations = new Dictionary<string, string> { ["kubernetes.io/ingress-bandwidth"] = "10M" } },
        Spec = new PodSpec { Containers = [new Container { Name = "main", Image = "main", Ports = [new ContainerPort { Port = 8080, HostPort = 8081 }] }] },
    };
}
