using System.Text;
using Orchestrator.Testing;
using Orchestrator.Testing.Clusters;

namespace Orchestrator.Cluster;

/// <summary>Whoever listens on the network between the machines reads nothing.</summary>
public sealed class CaptureTests
{
    const string Planted = "planted-f00d5ecre7", Marked = "marked-as-plain-c0ffee";

    [Fact]
    public async Task Nothing_of_joining_working_and_electing_is_on_the_network_in_the_clear()
    {
        await using var lan = await Lan.MakeAsync(3);
        var (first, second, node) = (lan.Hosts[0], lan.Hosts[1], lan.Hosts[2]);
        var capture = Path.Combine(lan.Directory, "capture");
        await using var listening = RunningProgram.Start(lan.Outer.Enter("tcpdump", "-i", "any", "-U", "-s", "0", "-Z", "root", "-w", capture));
        await Eventually.HoldsAsync(() => Task.FromResult(listening.Output.Contains("listening on", StringComparison.Ordinal)), "tcpdump", () => listening.Output);

        first.Start("server", "--name", first.Name, "--advertise", first.Address);
        var joined = new Joined(lan);
        await joined.FollowAsync(first);
        second.Start(["server", "--name", second.Name, "--advertise", second.Address, .. joined.Options(second)]);
        var token = (await OrchAsync("token", "create", "--role", "agent", "-q")).Succeeded().Output.Trim();
        node.Start("agent", "--name", node.Name, "--advertise", node.Address, "--join", $"{first.Address}:6440", "--token", token);
        await Eventually.HoldsAsync(async () => (await OrchAsync("get", "nodes", "--no-headers")).Output.Contains(" Ready ", StringComparison.Ordinal), "the node", lan.LogTails);
        (await OrchAsync("image", "import", await TestImage.Hello.ArchiveAsync())).Succeeded();
        (await OrchAsync("create", "secret", "generic", "planted", $"--from-literal=key={Planted}")).Succeeded();
        var manifest = Path.Combine(lan.Directory, "pod.yaml");
        await File.WriteAllTextAsync(manifest, Given.Pod("loud", $"echo {Planted}; sleep 600"));
        (await OrchAsync("apply", "-f", manifest)).Succeeded();
        await Eventually.HoldsAsync(async () => (await OrchAsync("logs", "loud")).Output.Contains(Planted, StringComparison.Ordinal), "the log", lan.LogTails);
        (await OrchAsync("get", "secret", "planted", "-o", "yaml")).Succeeded();
        // Somebody who does speak in the clear is heard, so the listener is at the right place.
        await lan.Outer.TryAsync("curl", "-s", "-m", "2", $"http://{first.Address}:6440/{Marked}");
        await Eventually.HoldsAsync(async () => Count(await ReadAsync(), Marked) > 0, "the capture", () => listening.Output);

        var heard = await ReadAsync();
        string[] secrets = [Planted, Convert.ToBase64String(Encoding.ASCII.GetBytes(Planted)), token.Split('.')[3], token.Split('.')[2], "PRIVATE KEY", "apiVersion", "orchestrator.v1", "serverTime", "loud", "BEGIN CERTIFICATE"];
        Assert.All(secrets, secret => Assert.Equal(0, Count(heard, secret)));
        foreach (var host in lan.Hosts)
        {
            Assert.DoesNotContain(Planted, host.LogText(), StringComparison.Ordinal);
            if (host != first) Assert.DoesNotContain(token.Split('.')[3], host.LogText(), StringComparison.Ordinal);
        }

        // The name and the purpose in a certificate are said after the handshake's keys (RFC 8446, 2).
        Assert.Equal(0, Count(heard, "orchestrator cluster CA"));

        async Task<string> ReadAsync() => Encoding.Latin1.GetString(await File.ReadAllBytesAsync(capture));

        Task<ShellResult> OrchAsync(params string[] arguments) => Shell.TryAsync(joined.OrchCommand([first, second], arguments));

        static int Count(string text, string word) => text.Split(word).Length - 1;
    }
}
