using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>Containers whose root is nobody on the host, and mounts that show other owners.</summary>
[Collection(Containers.Name)]
public sealed class UserNamespaceTests
{
    [Fact]
    public void Root_inside_is_another_user_outside_with_a_whole_container_of_its_own()
    {
        using var sandbox = new Sandbox().OtherUser().Writable().Shell(
            """
            cat /proc/self/uid_map | tr -s ' '; id -u; touch /made; stat -c %u /made /dev/mqueue; hostname; cat /proc/sys/net/ipv4/ip_forward
            head -c 4 /dev/zero | wc -c; echo x >/dev/null; ls /sys/class/net; mkdir /dev/mqueue/no 2>/dev/null; wc -c </proc/keys; echo x >/proc/sys/kernel/hostname || echo refused
            """);
        sandbox.Config["hostname"] = "mapped";
        sandbox.Linux["sysctl"] = JsonNode.Parse("""{"net.ipv4.ip_forward":"1"}""");
        Assert.Equal(" 0 100000 65536\n0\n0\n0\nmapped\n1\n4\nlo\n0\nrefused\n", sandbox.RunContainer().Succeeds().Output);
        Assert.Equal($"{Sandbox.FirstId}", Orun.Run("/usr/bin/stat", "-c", "%u", sandbox.Rootfs + "/made").Output.Trim());
    }

    [Fact]
    public void A_host_directory_of_roots_is_out_of_its_reach()
    {
        using var sandbox = new Sandbox().OtherUser().Shell("cat /host/secret; touch /host/new; stat -c %u /host/secret");
        var host = Directory.CreateDirectory(sandbox.Directory + "/host").FullName;
        File.WriteAllText(host + "/secret", "text");
        File.SetUnixFileMode(host + "/secret", UnixFileMode.UserRead);
        sandbox.Bind(host, "/host");
        Assert.Equal("65534\n", sandbox.RunContainer().Succeeds().Output);
        Assert.Equal(["secret"], Directory.EnumerateFileSystemEntries(host).Select(Path.GetFileName));
    }

    [Fact]
    public void The_way_to_its_root_and_its_binds_may_be_closed_to_it()
    {
        using var sandbox = new Sandbox().OtherUser().Shell("cat /file; ls /").Writable();
        File.WriteAllText(sandbox.Directory + "/file", "bound\n");
        sandbox.Bind(sandbox.Directory + "/file", "/file", "ro");
        File.SetUnixFileMode(sandbox.Directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Assert.Equal("bound\nbin\ndev\netc\nfile\nproc\nsys\ntmp\n", sandbox.RunContainer().Succeeds().Output);
        Assert.DoesNotContain(sandbox.Directory, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void Users_groups_and_capabilities_are_those_of_the_namespace()
    {
        using var sandbox = new Sandbox().OtherUser().Shell("grep -E '^(Uid|Gid|Groups|CapEff)' /proc/self/status; sleep 1000");
        sandbox.Process["user"] = JsonNode.Parse("""{"uid":1000,"gid":1001,"additionalGids":[7,8]}""");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var status = File.ReadAllText($"/proc/{sandbox.Pid()}/status");
        Assert.Contains("Uid:\t101000\t101000\t101000\t101000\n", status, StringComparison.Ordinal);
        Assert.Contains("Gid:\t101001\t101001\t101001\t101001\n", status, StringComparison.Ordinal);
        Assert.Contains("Groups:\t100007 100008 \n", status, StringComparison.Ordinal);
        sandbox.Do("delete", "--force", "c").Succeeds();
        sandbox.Process["user"] = JsonNode.Parse("""{"uid":0,"gid":0,"additionalGids":[70000]}""");
        sandbox.RunContainer().Fails("process.user.additionalGids");
    }

    [Fact]
    public void A_process_can_be_executed_into_it()
    {
        using var sandbox = new Sandbox("sleep", "1000").OtherUser().Writable();
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var output = sandbox.Do("exec", "--cap", "CAP_SYS_ADMIN", "c", "sh", "-c", "id -u; touch /by-exec; grep CapEff /proc/self/status; readlink /proc/self/ns/user; readlink /proc/1/ns/user").Succeeds().Output.Split('\n');
        Assert.Equal(["0", "CapEff:\t00000000802405fb"], output[..2]);
        Assert.Equal(output[3], output[2]);
        Assert.Equal($"{Sandbox.FirstId}", Orun.Run("/usr/bin/stat", "-c", "%u", sandbox.Rootfs + "/by-exec").Output.Trim());
        Assert.Equal("1000\n", sandbox.Do("exec", "--user", "1000:1000", "c", "id", "-u").Succeeds().Output);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_pod_member_joins_the_user_namespace_with_the_others(bool sharesPids)
    {
        using var sandbox = new Sandbox("sleep", "1000").OtherUser();
        sandbox.Config["hostname"] = "first";
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var pid = sandbox.Pid();
        foreach (var (kind, file) in (ReadOnlySpan<(string, string)>)[("user", "user"), ("network", "net"), ("ipc", "ipc"), ("uts", "uts")])
            sandbox.Linux["namespaces"]!.AsArray().First(ns => (string)ns!["type"]! == kind)!["path"] = $"/proc/{pid}/ns/{file}";
        if (sharesPids) sandbox.Linux["namespaces"]!.AsArray().First(ns => (string)ns!["type"]! == "pid")!["path"] = $"/proc/{pid}/ns/pid";
        sandbox.Linux["namespaces"]!.AsArray().Add(new JsonObject { ["type"] = "time" });
        sandbox.Linux["timeOffsets"] = JsonNode.Parse("""{"boottime":{"secs":1000000000}}""");
        sandbox.Linux["cgroupsPath"] = $"/{sandbox.Name}/d";
        sandbox.Config.Remove("hostname");
        sandbox.Shell("hostname; id -u; readlink /proc/self/ns/user; ls /sys/class/net; echo x >/dev/null && echo devices; echo $$; head -c 2 /proc/uptime");
        var output = sandbox.Do("run", "-b", sandbox.Directory, "d").Succeeds().Output.Split('\n');
        Assert.Equal(["first", "0", new FileInfo($"/proc/{pid}/ns/user").LinkTarget!, "lo", "devices"], output[..5]);
        Assert.Equal(!sharesPids, output[5] == "1");
        Assert.Equal("10", output[6]); // 1000000000 s and what the host is up
    }

    [Fact]
    public void A_network_namespace_of_the_hosts_is_joined_on_the_way_into_a_new_user_namespace()
    {
        using var owner = new Sandbox("sleep", "1000");
        owner.Do("run", "--detach", "-b", owner.Directory, "c").Succeeds();
        using var sandbox = new Sandbox().OtherUser().Shell("readlink /proc/self/ns/net; id -u");
        sandbox.Linux["namespaces"]!.AsArray().First(ns => (string)ns!["type"]! == "network")!["path"] = $"/proc/{owner.Pid()}/ns/net";
        sandbox.Mounts.Remove(sandbox.Mounts.First(mount => (string)mount!["type"]! == "sysfs")); // sysfs shows a network that must be its own
        sandbox.Mounts.Remove(sandbox.Mounts.First(mount => (string)mount!["type"]! == "cgroup"));
        Assert.Equal(new FileInfo($"/proc/{owner.Pid()}/ns/net").LinkTarget + "\n0\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Fact]
    public void A_console_belongs_to_the_user_of_the_namespace()
    {
        using var sandbox = new Sandbox().OtherUser().Shell("stat -c '%u %t' /dev/console; test -t 0 && echo terminal >/tmp/said").Writable();
        sandbox.Process["terminal"] = true;
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(sandbox.Directory + "/console"));
        listener.Listen();
        sandbox.Do("run", "--detach", "--console-socket", sandbox.Directory + "/console", "-b", sandbox.Directory, "c").Succeeds();
        Sandbox.Until("it has a terminal", () => File.Exists(sandbox.Rootfs + "/tmp/said"));
    }

    [Fact]
    public void Hooks_inside_run_as_the_namespaces_root()
    {
        using var sandbox = new Sandbox("true").OtherUser();
        var said = Directory.CreateDirectory(sandbox.Directory + "/said").FullName;
        File.SetUnixFileMode(said, (UnixFileMode)0x1FF); // 0777
        sandbox.Config["hooks"] = JsonNode.Parse($$"""{"createContainer":[{"path":"/bin/sh","args":["sh","-c","cat >/dev/null; id -u >{{said}}/in"]}]}""");
        sandbox.RunContainer().Succeeds();
        Assert.Equal("0\n", File.ReadAllText(said + "/in"));
    }

    [Fact]
    public void A_tmpfs_that_copies_up_is_the_namespaces_own()
    {
        using var sandbox = new Sandbox();
        Directory.CreateDirectory(sandbox.Rootfs + "/data");
        File.WriteAllText(sandbox.Rootfs + "/data/file", "content\n");
        sandbox.OtherUser().Shell("cat /data/file; touch /data/new && stat -c %u /data /data/file /data/new");
        sandbox.Mounts.Add(JsonNode.Parse("""{"destination":"/data","type":"tmpfs","source":"tmpfs","options":["tmpcopyup","mode=755"]}"""));
        Assert.Equal("content\n0\n0\n0\n", sandbox.RunContainer().Succeeds().Output);
    }

    [Theory]
    [InlineData("bind", """{"uidMappings":[{"containerID":0,"hostID":5000,"size":10}],"gidMappings":[{"containerID":0,"hostID":6000,"size":10}]}""", false, "5003 6000\n")]
    [InlineData("idmap", "{}", true, "3 0\n")]
    public void A_bind_shows_its_files_under_mapped_ids(string option, string mappings, bool isOtherUser, string seen)
    {
        using var sandbox = new Sandbox().Shell("stat -c '%u %g' /data/file");
        if (isOtherUser) sandbox.OtherUser();
        var data = Directory.CreateDirectory(sandbox.Directory + "/data").FullName;
        File.WriteAllText(data + "/file", "");
        Orun.Run("/bin/chown", "3:0", data + "/file").Succeeds();
        sandbox.Bind(data, "/data", option);
        foreach (var (key, value) in JsonNode.Parse(mappings)!.AsObject()) sandbox.Mounts[^1]![key] = value!.DeepClone();
        Assert.Equal(seen, sandbox.RunContainer().Succeeds().Output);
        Assert.Equal("3\n", Orun.Run("/usr/bin/stat", "-c", "%u", data + "/file").Output);
    }

    [Fact]
    public void Ridmap_reaches_the_mounts_below_and_idmap_does_not()
    {
        using var sandbox = new Sandbox().OtherUser();
        var data = Directory.CreateDirectory(sandbox.Directory + "/data").FullName;
        Directory.CreateDirectory(data + "/below");
        Orun.Run("/bin/mount", "-t", "tmpfs", "tmpfs", data + "/below").Succeeds();
        try
        {
            sandbox.Mounts.Add(new JsonObject { ["destination"] = "/data", ["type"] = "bind", ["source"] = data, ["options"] = new JsonArray("rbind", "ridmap") });
            Assert.Equal("0 0\n", sandbox.Shell("echo $(stat -c %u /data /data/below)").RunContainer().Succeeds().Output);
            sandbox.Mounts[^1]!["options"] = new JsonArray("rbind", "idmap");
            Assert.Equal("0 65534\n", sandbox.RunContainer().Succeeds().Output);
        }
        finally
        {
            Orun.Run("/bin/umount", data + "/below").Succeeds();
        }
    }

    [Theory]
    [InlineData("""{"uidMappings":[{"containerID":0,"hostID":1,"size":1}]}""", "needs a user namespace")]
    [InlineData("""{"namespaces":[{"type":"mount"},{"type":"user"}]}""", "needs mappings")]
    [InlineData("""{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":5,"hostID":1,"size":1}]}""", "id 0 of the container")]
    [InlineData("""{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":1,"size":0}]}""", "linux.uidMappings[0].size")]
    [InlineData("""{"namespaces":[{"type":"mount"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":4294967290,"size":100}]}""", "beyond the last id")]
    [InlineData("""{"namespaces":[{"type":"mount","path":"/proc/1/ns/mnt"},{"type":"user"}],"uidMappings":[{"containerID":0,"hostID":1,"size":1}],"gidMappings":[{"containerID":0,"hostID":1,"size":1}]}""", "do not go together")]
    [InlineData("""{"namespaces":[{"type":"mount"}],"timeOffsets":{"monotonic":{"secs":5}}}""", "needs a new time namespace")]
    [InlineData("""{"namespaces":[{"type":"mount"},{"type":"time"}],"timeOffsets":{"realtime":{"secs":5}}}""", "no clock 'realtime'")]
    public void What_contradicts_itself_is_refused_by_its_field(string linux, string problem)
    {
        using var sandbox = new Sandbox("true");
        sandbox.Config["linux"] = JsonNode.Parse(linux);
        sandbox.RunContainer().Fails(problem);
        Assert.Empty(sandbox.CgroupDirectories());
    }
}
