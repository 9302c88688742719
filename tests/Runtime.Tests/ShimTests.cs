using System.Globalization;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Orchestrator.Testing;

namespace Orchestrator.Runtime.Tests;

/// <summary>The parent of a pod's containers: what it does, and who may ask it.</summary>
[Collection(Containers.Name)]
public sealed class ShimTests
{
    /// <summary>CVE-2020-15257: a socket in the abstract name space is open to every container on the host's network.</summary>
    [Fact]
    public void The_shims_socket_is_a_file_that_only_root_may_speak_to()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        var socket = Start(sandbox);
        Assert.DoesNotContain("@", string.Concat(File.ReadLines("/proc/net/unix").Where(line => line.Contains(sandbox.Name, StringComparison.Ordinal))), StringComparison.Ordinal);
        Assert.Equal(0, (int)(File.GetUnixFileMode(socket) & (UnixFileMode)0x3F)); // 077
        // Even with the file open to all, the shim looks at who is at the other end.
        File.SetUnixFileMode(socket, (UnixFileMode)0x1FF);
        const int noAnswer = 52; // curl(1), "the server did not reply anything"
        string[] ask = ["/usr/bin/curl", "--silent", "--http0.9", "--max-time", "2", "--unix-socket", socket, "http://shim/"];
        Assert.Contains("\"ok\":false", Orun.Run(ask[0], ask[1..]).Output, StringComparison.Ordinal);
        var stranger = Orun.Run("/usr/bin/setpriv", ["--reuid", "65534", "--clear-groups", .. ask]);
        Assert.Equal("", stranger.Output);
        Assert.Contains(stranger.ExitCode, (int[])[noAnswer, 7, 55, 56]); // closed before, or while, curl wrote its request, or took itself to be connected
        // The container cannot either: the socket's directory is not in it, and there is no other name for it.
        Ask(socket, $$"""{"op":"create","id":"c","bundle":"{{sandbox.Directory}}","log":"{{sandbox.Pod}}/log"}""");
        Ask(socket, """{"op":"start","id":"c"}""");
        Assert.DoesNotContain("shim", sandbox.Do("exec", "c", "cat", "/proc/net/unix").Succeeds().Output, StringComparison.Ordinal);
    }

    /// <summary>CVE-2026-53489: what stands in the place of a log may be a way to another file, or to a standstill.</summary>
    [Theory]
    [InlineData("link")]
    [InlineData("fifo")]
    [InlineData("directory")]
    public void A_log_that_is_no_plain_file_is_refused(string kind)
    {
        using var sandbox = new Sandbox("echo", "stolen");
        var socket = Start(sandbox);
        string log = sandbox.Pod + "/log", canary = sandbox.Directory + "/canary";
        File.WriteAllText(canary, "whole");
        if (kind == "link") File.CreateSymbolicLink(log, canary);
        else if (kind == "fifo") Orun.Run("/bin/mknod", log, "p").Succeeds();
        else Directory.CreateDirectory(log);
        var answer = Say(socket, $$"""{"op":"create","id":"c","bundle":"{{sandbox.Directory}}","log":"{{log}}"}""");
        Assert.False((bool)answer["ok"]!);
        Assert.Equal("whole", File.ReadAllText(canary));
        Assert.True((bool)Say(socket, """{"op":"list"}""")["ok"]!);
    }

    [Fact]
    public async Task A_fence_that_is_not_put_off_ends_the_containers_and_lets_none_start()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        var socket = Start(sandbox);
        const int longEnough = 60_000;
        Ask(socket, $$"""{"op":"fence","milliseconds":{{longEnough}}}""");
        Ask(socket, $$"""{"op":"create","id":"c","bundle":"{{sandbox.Directory}}","log":"{{sandbox.Pod}}/log"}""");
        Ask(socket, """{"op":"start","id":"c"}""");
        Ask(socket, """{"op":"fence","milliseconds":0}""");
        await Eventually.HoldsAsync(() => (string?)Say(socket, """{"op":"list"}""")["containers"]![0]!["status"] == "stopped", "the container's end");
        Assert.Equal(9, (int)Say(socket, """{"op":"list"}""")["containers"]![0]!["signal"]!);
        var refused = Say(socket, $$"""{"op":"create","id":"d","bundle":"{{sandbox.Directory}}","log":"{{sandbox.Pod}}/log"}""");
        Assert.Equal("the pod is fenced: its node must not run it", (string?)refused["error"]);

        Ask(socket, $$"""{"op":"fence","milliseconds":{{longEnough}}}""");
        Ask(socket, """{"op":"delete","id":"c"}""");
        Ask(socket, $$"""{"op":"create","id":"d","bundle":"{{sandbox.Directory}}","log":"{{sandbox.Pod}}/log"}""");
        Ask(socket, """{"op":"start","id":"d"}""");
        Assert.Contains("fenced: c was killed", File.ReadAllText(sandbox.Pod + "/shim.log"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stream_that_never_ends_and_an_asker_that_breaks_off_leave_the_shim_as_it_was()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        var socket = Start(sandbox);
        var pid = int.Parse(File.ReadAllText(sandbox.Pod + "/shim.pid"), CultureInfo.InvariantCulture);
        var before = Directory.GetFiles($"/proc/{pid}/fd").Length;
        for (var i = 0; i < 300; i++)
        {
            using var asker = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            asker.Connect(new UnixDomainSocketEndPoint(socket));
            asker.Send("{\"op\":\"li"u8);
        }

        Sandbox.Until("the descriptors are back", () => Directory.GetFiles($"/proc/{pid}/fd").Length <= before);
        Assert.True((bool)Say(socket, """{"op":"list"}""")["ok"]!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // a container with a hook is launched by a child of the shim's
    public void A_container_lives_its_life_under_the_shim(bool hasHook)
    {
        using var sandbox = new Sandbox().Shell("cd /proc/self/fd; echo *; cat /proc/self/oom_score_adj; echo to-errors >&2; read line || echo no-input; sleep 1000");
        sandbox.Process["oomScoreAdj"] = 555;
        if (hasHook) sandbox.Config["hooks"] = JsonNode.Parse("""{"poststart":[{"path":"/bin/true"}]}""");
        sandbox.Save();
        var socket = Start(sandbox);
        var shim = int.Parse(File.ReadAllText(sandbox.Pod + "/shim.pid"), CultureInfo.InvariantCulture);
        var score = File.ReadAllText($"/proc/{shim}/oom_score_adj");
        var created = Say(socket, $$"""{"op":"create","id":"c","bundle":"{{sandbox.Directory}}","log":"{{sandbox.Pod}}/log"}""");
        Assert.True((bool)created["ok"]!, created.ToJsonString());
        var pid = (int)created["pid"]!;
        Assert.Contains($"PPid:\t{shim}\n", File.ReadAllText($"/proc/{pid}/status"), StringComparison.Ordinal);
        // While it waits for start it has nothing of the shim's open: no socket, no lock, no log.
        var held = Directory.GetFiles($"/proc/{pid}/fd").Select(file => new FileInfo(file).LinkTarget ?? "").ToList();
        Assert.DoesNotContain(held, target => target.Contains("shim", StringComparison.Ordinal) || target.Contains("socket", StringComparison.Ordinal) || target.EndsWith("/log", StringComparison.Ordinal));
        Assert.Equal("created", sandbox.Status());
        Ask(socket, """{"op":"start","id":"c"}""");
        Sandbox.Until("it has said all", () => File.ReadAllText(sandbox.Pod + "/log").Contains("no-input", StringComparison.Ordinal));
        var said = File.ReadAllLines(sandbox.Pod + "/log").Select(line => string.Join(' ', line.Split(' ')[1..])).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(["stderr F to-errors", "stdout F 0 1 2", "stdout F 555", "stdout F no-input"], said.Select(line => line.Replace(" 1 2 3", " 1 2", StringComparison.Ordinal)));
        Assert.Equal(score, File.ReadAllText($"/proc/{shim}/oom_score_adj"));
        Ask(socket, """{"op":"kill","id":"c","signal":9}""");
        Sandbox.Until("its end is known", () => File.Exists(sandbox.Pod + "/c.exit.json"));
        Assert.Equal(137, (int)JsonNode.Parse(File.ReadAllText(sandbox.Pod + "/c.exit.json"))!["exitCode"]!);
        Ask(socket, """{"op":"delete","id":"c"}""");
        Assert.Empty(sandbox.CgroupDirectories());
    }

    [Fact]
    public void What_can_not_be_launched_is_an_answer_and_leaves_nothing()
    {
        using var sandbox = new Sandbox("no-such-program");
        sandbox.Save();
        var socket = Start(sandbox);
        var create = $$"""{"op":"create","id":"c","bundle":"{{sandbox.Directory}}","log":"{{sandbox.Pod}}/log"}""";
        Assert.Contains("no-such-program", (string)Say(socket, create)["error"]!, StringComparison.Ordinal);
        File.WriteAllText(sandbox.ConfigPath, "{");
        Assert.Contains("config", (string)Say(socket, create)["error"]!, StringComparison.Ordinal);
        File.WriteAllBytes(sandbox.Rootfs + "/bin/garbage", [0x7F, 1, 2, 3]);
        File.SetUnixFileMode(sandbox.Rootfs + "/bin/garbage", (UnixFileMode)0x1ED);
        sandbox.Args("garbage").Save();
        Ask(socket, create);
        Assert.Contains("not an executable file format", (string)Say(socket, """{"op":"start","id":"c"}""")["error"]!, StringComparison.Ordinal);
        Sandbox.Until("its end is known", () => File.Exists(sandbox.Pod + "/c.exit.json"));
        Ask(socket, """{"op":"delete","id":"c"}""");
        Assert.Empty(sandbox.CgroupDirectories());
        Assert.Empty(Directory.EnumerateFileSystemEntries(sandbox.State));
    }

    static string Start(Sandbox sandbox)
    {
        sandbox.Do("shim", "--dir", sandbox.Pod).Succeeds();
        return sandbox.Pod + "/shim.sock";
    }

    static void Ask(string socket, string request)
    {
        var answer = Say(socket, request);
        Assert.True((bool)answer["ok"]!, answer.ToJsonString());
    }

    static JsonNode Say(string socket, string request)
    {
        using var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        connection.Connect(new UnixDomainSocketEndPoint(socket));
        using var stream = new NetworkStream(connection);
        using var reader = new StreamReader(stream);
        stream.Write(System.Text.Encoding.UTF8.GetBytes(request + "\n"));
        return JsonNode.Parse(reader.ReadLine()!)!; // the shim answers every line
    }
}
