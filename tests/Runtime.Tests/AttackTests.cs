using System.Net.Sockets;
using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>Each test is an attack that worked on some runtime, named for what it stops here.</summary>
[Collection(Containers.Name)]
public sealed class AttackTests
{
    /// <summary>CVE-2024-21626.</summary>
    [Fact]
    public void No_descriptor_of_the_runtime_is_a_working_directory()
    {
        using var running = new Sandbox("sleep", "1000");
        running.Do("run", "--detach", "-b", running.Directory, "c").Succeeds();
        using var sandbox = new Sandbox("pwd");
        for (var fd = 0; fd < 64; fd++)
        {
            sandbox.Process["cwd"] = $"/proc/self/fd/{fd}";
            sandbox.RunContainer().Fails("process.cwd");
            running.Do("exec", "--cwd", $"/proc/self/fd/{fd}", "c", "pwd").Fails("process.cwd");
        }

        Assert.False(Directory.Exists(sandbox.State + "/c"));
    }

    /// <summary>CVE-2016-9962.</summary>
    [Fact]
    public void A_process_executed_into_a_container_inherits_no_descriptor()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        var many = string.Concat(Enumerable.Range(10, 90).Select(fd => $"exec {fd}</etc/passwd; "));
        var result = Orun.Run("/bin/bash", "-c", many + $"exec {Orun.Program} --root {sandbox.State} exec c sh -c 'cd /proc/self/fd; echo *'").Succeeds();
        Assert.Equal("0 1 2", result.Output.Trim().Replace(" 3", "", StringComparison.Ordinal)); // 3 is the shell's own look at the directory
    }

    /// <summary>CVE-2025-31133.</summary>
    [Fact]
    public void A_link_in_the_place_of_dev_null_masks_nothing_and_unmasks_nothing()
    {
        var pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using var sandbox = new Sandbox().Shell("wc -c < /proc/keys; head -c 1 /proc/sys/kernel/core_pattern | wc -c");
        Directory.CreateDirectory(sandbox.Rootfs + "/dev");
        File.CreateSymbolicLink(sandbox.Rootfs + "/dev/null", "/proc/sys/kernel/core_pattern");
        sandbox.RunContainer().Succeeds(); // the image's /dev is below a tmpfs
        foreach (var mount in sandbox.Mounts.Where(mount => ((string)mount!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)).ToList())
            sandbox.Mounts.Remove(mount);
        sandbox.RunContainer().Fails("/dev/null");
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    /// <summary>CVE-2026-41579, CVE-2026-47766, CVE-2019-19921.</summary>
    [Theory]
    [InlineData("dev", "/x")]
    [InlineData("dev", "/proc")]
    [InlineData("dev", "../../../../../..")]
    [InlineData("dev", "CANARY")]
    [InlineData("proc", "/x")]
    [InlineData("proc", "CANARY")]
    [InlineData("sys", "..")]
    [InlineData("sys", "CANARY")]
    [InlineData("work", "CANARY")]
    [InlineData("work", "../../../../..CANARY")]
    public void Links_in_the_image_lead_nowhere_outside_of_it(string link, string target)
    {
        using var sandbox = new Sandbox("true").Writable();
        var canary = Directory.CreateDirectory(sandbox.Directory + "/canary").FullName;
        File.CreateSymbolicLink($"{sandbox.Rootfs}/{link}", target.Replace("CANARY", canary, StringComparison.Ordinal));
        File.WriteAllText(sandbox.Directory + "/source", "bound");
        sandbox.Bind(sandbox.Directory + "/source", "/work/deep/file");
        sandbox.Process["cwd"] = "/work/cwd";
        sandbox.RunContainer(); // it may start, inside of its root, or fail
        Assert.Empty(Directory.EnumerateFileSystemEntries(canary));
        Assert.False(Directory.Exists("/work/deep") || Directory.Exists("/x"));
        Assert.DoesNotContain(sandbox.Directory, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    /// <summary>CVE-2019-16884, CVE-2025-52881.</summary>
    [Theory]
    [InlineData("/proc", "tmpfs", "tmpfs")]
    [InlineData("/proc/self/attr", "tmpfs", "tmpfs")]
    [InlineData("/proc/self/uid_map", "bind", "/dev/null")]
    [InlineData("//proc/./sys", "tmpfs", "tmpfs")]
    [InlineData("/proc/sys/kernel", "bind", "/tmp")]
    [InlineData("/etc/../proc/sys", "tmpfs", "tmpfs")]
    public void Nothing_is_mounted_over_proc(string destination, string type, string source)
    {
        using var sandbox = new Sandbox("true");
        sandbox.Mounts.Add(new JsonObject { ["destination"] = destination, ["type"] = type, ["source"] = source });
        sandbox.RunContainer().Fails("destination");
        Assert.Empty(sandbox.CgroupDirectories());
    }

    /// <summary>CVE-2019-19921, CVE-2023-27561: the masks name /proc and /sys, so those must not be somewhere else.</summary>
    [Theory]
    [InlineData("proc")]
    [InlineData("sys")]
    public void Kernel_files_are_not_mounted_where_a_link_of_the_image_leads(string name)
    {
        using var sandbox = new Sandbox("true");
        Directory.CreateDirectory(sandbox.Rootfs + "/elsewhere");
        if (Directory.Exists($"{sandbox.Rootfs}/{name}")) Directory.Delete($"{sandbox.Rootfs}/{name}");
        File.CreateSymbolicLink($"{sandbox.Rootfs}/{name}", "elsewhere");
        sandbox.RunContainer().Fails($"mount /{name}");
        Assert.Empty(sandbox.CgroupDirectories());
    }

    /// <summary>CVE-2022-29162, CVE-2022-27650, CVE-2025-27612.</summary>
    [Fact]
    public void No_capability_is_inheritable_unless_asked_for()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        const string none = "CapInh:\t0000000000000000\n";
        Assert.Contains(none, File.ReadAllText($"/proc/{sandbox.Pid()}/status"), StringComparison.Ordinal);
        Assert.Contains(none, sandbox.Do("exec", "c", "cat", "/proc/self/status").Succeeds().Output, StringComparison.Ordinal);
        Assert.Contains(none, sandbox.Do("exec", "--user", "1000:1000", "c", "cat", "/proc/self/status").Succeeds().Output, StringComparison.Ordinal);
    }

    /// <summary>CVE-2016-3697, CVE-2024-40635, CVE-2026-30892.</summary>
    [Theory]
    [InlineData("1000:")]
    [InlineData("0x0")]
    [InlineData("-1")]
    [InlineData("4294967295")]
    [InlineData("4294967296")]
    [InlineData(" 0")]
    [InlineData("+0")]
    [InlineData("")]
    [InlineData("1:2:3")]
    [InlineData("root")]
    public void A_user_that_is_no_plain_number_is_refused(string user)
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("exec", "--user", user, "c", "id").Fails("--user");
    }

    /// <summary>CVE-2021-43784.</summary>
    [Fact]
    public void A_configuration_with_more_than_64_KiB_of_paths_is_read_whole()
    {
        using var sandbox = new Sandbox().Shell("wc -c < /proc/keys");
        var masked = sandbox.Linux["maskedPaths"]!.AsArray();
        for (var i = 0; i < 1000; i++) masked.Insert(0, $"/not/there/{new string('x', 90)}/{i}");
        Assert.Equal("0\n", sandbox.RunContainer().Succeeds().Output);
    }

    /// <summary>CVE-2022-0492, CVE-2023-25809.</summary>
    [Fact]
    public void No_cgroup_file_can_be_written()
    {
        using var sandbox = new Sandbox().Shell(
            "for file in $(find /sys/fs/cgroup -type f); do (echo 1 > $file) 2>/dev/null && echo $file; done; mkdir /sys/fs/cgroup/memory/sub 2>/dev/null && echo made; true");
        Assert.Equal("", sandbox.RunContainer().Succeeds().Output);
    }

    /// <summary>CVE-2022-0811.</summary>
    [Theory]
    [InlineData("kernel.core_pattern", "|/bin/evil")]
    [InlineData("kernel.shm_rmid_forced+kernel.core_pattern", "1")]
    [InlineData("net.ipv4.ip_forward", "1\nkernel.core_pattern=|/bin/evil")]
    [InlineData("net/../kernel/core_pattern", "x")]
    [InlineData("net.ipv4/../../kernel/core_pattern", "x")]
    [InlineData(" net.ipv4.ip_forward", "1")]
    [InlineData("", "1")]
    public void A_setting_of_the_host_can_not_be_smuggled_in(string name, string value)
    {
        var pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using var sandbox = new Sandbox("true");
        sandbox.Linux["sysctl"] = new JsonObject { [name] = value };
        sandbox.RunContainer().Fails("sysctl");
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    /// <summary>CVE-2024-25621.</summary>
    [Fact]
    public void What_the_runtime_keeps_is_nobody_elses_to_read()
    {
        using var sandbox = new Sandbox("sleep", "1000");
        sandbox.Save();
        Orun.Run("/bin/sh", "-c", $"umask 0; exec {Orun.Program} --root {sandbox.State} create -b {sandbox.Directory} c").Succeeds();
        foreach (var entry in Directory.EnumerateFileSystemEntries(sandbox.State, "*", SearchOption.AllDirectories).Prepend(sandbox.State))
            Assert.True((File.GetUnixFileMode(entry) & (UnixFileMode)0x3F) == 0, entry); // 077
    }

    /// <summary>CVE-2025-52565.</summary>
    [Theory]
    [InlineData("mount -t tmpfs none /dev/pts; touch /dev/pts/ptmx", "not a devpts")]
    [InlineData("mount -t tmpfs none /dev/pts; ln -s /proc/sysrq-trigger /dev/pts/ptmx", "open the console")]
    [InlineData("mount -t tmpfs none /dev; ln -s /proc/self/fd /dev/pts", "open the console")]
    public void A_console_is_opened_in_a_devpts_and_nowhere_else(string prepare, string problem)
    {
        using var sandbox = new Sandbox().Shell(prepare + "; touch /tmp/ready; sleep 1000").Writable();
        foreach (var set in new[] { "bounding", "effective", "permitted" }) sandbox.Process["capabilities"]![set]!.AsArray().Add("CAP_SYS_ADMIN");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(sandbox.Directory + "/console"));
        listener.Listen();
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        Sandbox.Until("prepared", () => File.Exists(sandbox.Rootfs + "/tmp/ready"));
        sandbox.Do("exec", "--tty", "--console-socket", sandbox.Directory + "/console", "c", "true").Fails(problem);
    }

    /// <summary>The deletion's way through a container's files: there is none, so no link in them leads it anywhere.</summary>
    [Fact]
    public void A_link_in_the_place_of_a_mount_point_is_not_followed_by_the_deletion()
    {
        using var sandbox = new Sandbox().Writable();
        var canary = Directory.CreateDirectory(sandbox.Directory + "/canary/empty").Parent!.FullName; // just made
        Directory.CreateDirectory(sandbox.Rootfs + "/work/deep");
        sandbox.Shell($"rm -r /work && ln -s {canary} /work");
        sandbox.Do("create", "-b", sandbox.Directory, "c").Succeeds();
        sandbox.Do("start", "c").Succeeds();
        Sandbox.Until("it has ended", () => sandbox.Status() == "stopped");
        sandbox.Do("delete", "c").Succeeds();
        Assert.Equal(canary, new DirectoryInfo(sandbox.Rootfs + "/work").LinkTarget);
        Assert.Equal(["empty"], Directory.EnumerateFileSystemEntries(canary).Select(Path.GetFileName));
    }

    [Fact]
    public void A_cgroup_in_which_others_run_is_neither_taken_nor_emptied()
    {
        using var first = new Sandbox("sleep", "1000");
        first.Do("run", "--detach", "-b", first.Directory, "c").Succeeds();
        using var second = new Sandbox("true");
        second.Linux["cgroupsPath"] = $"/{first.Name}/c";
        second.RunContainer().Fails("in use");
        Assert.Equal("running", first.Status());
    }

    /// <summary>A name that a container's image or an engine could choose.</summary>
    [Theory]
    [InlineData("../c")]
    [InlineData("/c")]
    [InlineData("c\n")]
    [InlineData("..")]
    public void An_id_is_never_a_path(string id)
    {
        using var sandbox = new Sandbox("true");
        sandbox.Do("run", "-b", sandbox.Directory, id).Fails("id");
        sandbox.Do("delete", "--force", id).Fails("id");
    }
}
