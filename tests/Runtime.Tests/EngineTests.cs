using System.Text.Json.Nodes;
using Orchestrator.Runtime.Launch;

namespace Orchestrator.Runtime.Tests;

/// <summary>What Docker and Podman expect of a runtime beyond the specification's text.</summary>
[Collection(Containers.Name)]
public sealed class EngineTests
{
    [Fact]
    public void Home_is_what_the_images_passwd_says()
    {
        using var sandbox = new Sandbox().Shell("echo $HOME");
        sandbox.RunContainer().Succeeds();
        File.WriteAllText(sandbox.Rootfs + "/etc/passwd", "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000::/home/user:/bin/sh\n");
        Assert.Equal("/root\n", sandbox.RunContainer().Succeeds().Output);
        sandbox.Process["user"] = JsonNode.Parse("""{"uid":1000,"gid":1000}""");
        Assert.Equal("/home/user\n", sandbox.RunContainer().Succeeds().Output);
        sandbox.Process["env"]!.AsArray().Add("HOME=/given");
        Assert.Equal("/given\n", sandbox.RunContainer().Succeeds().Output);
        sandbox.Args("sleep", "1000").Process["env"]!.AsArray().RemoveAt(1);
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        Assert.Equal("/root\n", sandbox.Do("exec", "--user", "0", "c", "sh", "-c", "echo $HOME").Succeeds().Output);
    }

    [Theory]
    [InlineData("a:x:0:0::/one:\nb:x:0:0::/two:", "/one")]
    [InlineData("0:x:5:0::/no:\n", "/")]
    [InlineData("a:x:0:0::relative:", "/")]
    [InlineData("a:x:0:0::/bell\a:", "/")]
    [InlineData("a:x:00:0::/no:", "/")]
    [InlineData("a:x:0:0::/too:many:fields", "/")]
    [InlineData("", "/")]
    public void A_strange_passwd_gives_the_root_directory(string passwd, string home) => Assert.Equal(home, HomeDirectory.InPasswd(passwd, 0));

    [Fact]
    public void A_passwd_that_is_a_link_out_or_a_fifo_is_not_read()
    {
        using var sandbox = new Sandbox().Shell("echo $HOME");
        var outside = sandbox.Directory + "/outside";
        File.WriteAllText(outside, "root:x:0:0::/stolen:/bin/sh\n");
        File.CreateSymbolicLink(sandbox.Rootfs + "/etc/passwd", "../../../../../../.." + outside);
        Assert.Equal("/\n", sandbox.RunContainer().Succeeds().Output);
        File.Delete(sandbox.Rootfs + "/etc/passwd");
        Orun.Run("/bin/mknod", sandbox.Rootfs + "/etc/passwd", "p").Succeeds();
        Assert.Equal("/\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Fact]
    public void A_tmpfs_that_copies_up_begins_with_the_images_files()
    {
        using var sandbox = new Sandbox().Shell(
            "cat /data/deep/file; stat -c '%a %u' /data/deep/file /data/deep; readlink /data/link; touch /data/new; grep ' /data ' /proc/mounts; ls /data");
        Directory.CreateDirectory(sandbox.Rootfs + "/data/deep");
        File.WriteAllText(sandbox.Rootfs + "/data/deep/file", "content\n");
        File.SetUnixFileMode(sandbox.Rootfs + "/data/deep/file", (UnixFileMode)0x1A0); // 0640
        File.CreateSymbolicLink(sandbox.Rootfs + "/data/link", "/etc/shadow");
        Orun.Run("/bin/mknod", sandbox.Rootfs + "/data/fifo", "p").Succeeds();
        Orun.Run("/bin/chown", "7", sandbox.Rootfs + "/data/deep/file").Succeeds();
        foreach (var place in (string[])["/data", "/tmp"])
        {
            sandbox.Mounts.Add(JsonNode.Parse(
                $$"""{"destination":"{{place}}","type":"tmpfs","source":"tmpfs","options":["nosuid","nodev","tmpcopyup","size=1m","mode=1777"]}"""));
        }

        var lines = sandbox.RunContainer().Succeeds().Output.Split('\n');
        Assert.Equal(["content", "640 7", "755 0", "/etc/shadow"], lines[..4]);
        Assert.Contains("rw,nosuid,nodev", lines[4], StringComparison.Ordinal);
        Assert.Equal(["deep", "link", "new"], lines[5..8]);
        Assert.False(File.Exists(sandbox.Rootfs + "/data/new"));
    }

    [Fact]
    public void A_limit_that_is_not_supported_may_be_zero()
    {
        using var sandbox = new Sandbox("true");
        sandbox.Linux["resources"]!["blockIO"] = JsonNode.Parse("""{"weight":0,"weightDevice":[],"leafWeight":null}""");
        sandbox.RunContainer().Succeeds();
        sandbox.Linux["resources"]!["memory"] = JsonNode.Parse("""{"kernel":0,"kernelTCP":null}""");
        sandbox.RunContainer().Succeeds();
        sandbox.Linux["resources"]!["memory"] = JsonNode.Parse("""{"kernel":4096}""");
        sandbox.RunContainer().Fails("linux.resources.memory.kernel");
    }
}
