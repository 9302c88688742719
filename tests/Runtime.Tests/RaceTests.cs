using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace Orchestrator.Runtime.Tests;

/// <summary>
/// Attacks that win only at the right moment, tried many times: ORUN_RACES says how often, which `./bench.sh runtime-races` sets to 10,000.
/// </summary>
[Collection(Containers.Name)]
[Trait("Kind", "race")]
public sealed class RaceTests
{
    static readonly int Races = int.Parse(Environment.GetEnvironmentVariable("ORUN_RACES") ?? "200", CultureInfo.InvariantCulture);

    /// <summary>CVE-2019-5736.</summary>
    [Fact]
    public void A_container_can_not_write_to_the_runtimes_program_while_it_executes_into_it()
    {
        var before = SHA256.HashData(File.ReadAllBytes(Orun.Program));
        using var sandbox = new Sandbox().Shell("while true; do for exe in /proc/[0-9]*/exe; do echo broken >> $exe; done; done 2>/dev/null");
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        for (var i = 0; i < Races; i++) sandbox.Do("exec", "c", "true").Succeeds();
        Assert.Equal(before, SHA256.HashData(File.ReadAllBytes(Orun.Program)));
    }

    /// <summary>CVE-2021-30465.</summary>
    [Fact]
    public void A_mount_point_swapped_for_a_link_during_the_start_stays_inside_the_root()
    {
        using var sandbox = new Sandbox().Shell("true");
        var canary = Directory.CreateDirectory(sandbox.Directory + "/canary").FullName;
        var shared = Directory.CreateDirectory(sandbox.Directory + "/shared").FullName;
        Directory.CreateDirectory(shared + "/mount");
        File.CreateSymbolicLink(shared + "/link", "/../../../../../.." + canary);
        File.WriteAllText(sandbox.Directory + "/source", "bound");
        sandbox.Bind(shared, "/shared").Bind(sandbox.Directory + "/source", "/shared/mount/made/file");
        sandbox.Mounts.Add(JsonNode.Parse("""{"destination":"/shared/mount/tmp","type":"tmpfs","source":"tmpfs"}"""));
        using (var attacker = new RenameExchange(shared + "/mount", shared + "/link"))
        {
            for (var i = 0; i < Races; i++) sandbox.RunContainer(); // it may start or fail: where its mounts land is what counts
            Assert.True(attacker.Swaps > Races);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(canary));
    }

    /// <summary>CVE-2025-31133, the race: a file of the image and a link to a kernel setting change places under the runtime's eyes.</summary>
    [Fact]
    public void A_device_swapped_for_a_link_during_the_start_is_never_followed()
    {
        var pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using var sandbox = new Sandbox().Shell("cat /proc/keys").Writable();
        foreach (var mount in sandbox.Mounts.Where(mount => ((string)mount!["destination"]!).StartsWith("/dev", StringComparison.Ordinal)).ToList())
            sandbox.Mounts.Remove(mount);
        var dev = Directory.CreateDirectory(sandbox.Rootfs + "/dev").FullName;
        Orun.Run("/bin/mknod", dev + "/null", "c", "1", "3").Succeeds();
        File.CreateSymbolicLink(dev + "/evil", "/proc/sys/kernel/core_pattern");
        using (new RenameExchange(dev + "/null", dev + "/evil"))
        {
            for (var i = 0; i < Races; i++)
            {
                var outcome = sandbox.RunContainer();
                Assert.Equal("", outcome.Output); // masked, or not started
            }
        }

        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
    }

    /// <summary>CVE-2025-52565, the race: the place of the console and a link to a kernel setting change places under the runtime's eyes.</summary>
    [Fact]
    public void A_console_swapped_for_a_link_during_the_start_is_mounted_nowhere_outside()
    {
        var pattern = File.ReadAllText("/proc/sys/kernel/core_pattern");
        using var sandbox = new Sandbox("true").Writable();
        foreach (var mount in sandbox.Mounts.Where(mount => (string)mount!["destination"]! is "/dev" or "/dev/shm" or "/dev/mqueue").ToList())
            sandbox.Mounts.Remove(mount);
        var canary = sandbox.Directory + "/canary";
        File.WriteAllText(canary, "whole");
        var dev = Directory.CreateDirectory(sandbox.Rootfs + "/dev").FullName;
        File.WriteAllText(dev + "/console", "");
        File.CreateSymbolicLink(dev + "/evil", "/../../../../../.." + canary);
        sandbox.Process["terminal"] = true;
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(sandbox.Directory + "/socket"));
        listener.Listen();
        using (var attacker = new RenameExchange(dev + "/console", dev + "/evil"))
        {
            for (var i = 0; i < Races; i++)
            {
                sandbox.RunContainer("--console-socket", sandbox.Directory + "/socket"); // it may start or fail: what it has touched is what counts
                if (listener.Poll(0, SelectMode.SelectRead)) listener.Accept().Dispose();
            }

            Assert.True(attacker.Swaps > Races);
        }

        Assert.Equal("whole", File.ReadAllText(canary));
        Assert.Equal(pattern, File.ReadAllText("/proc/sys/kernel/core_pattern"));
        Assert.DoesNotContain(sandbox.Directory, File.ReadAllText("/proc/self/mountinfo"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_process_in_the_container_can_not_look_into_the_one_that_is_being_set_up()
    {
        using var sandbox = new Sandbox().Shell("while true; do ls -l /proc/[0-9]*/fd /proc/[0-9]*/cwd /proc/[0-9]*/root; done > /tmp/seen 2>/dev/null").Writable();
        sandbox.Do("run", "--detach", "-b", sandbox.Directory, "c").Succeeds();
        for (var i = 0; i < Races; i++) sandbox.Do("exec", "c", "true").Succeeds();
        sandbox.Do("kill", "c", "KILL").Succeeds();
        var seen = File.ReadAllText(sandbox.Rootfs + "/tmp/seen");
        Assert.DoesNotContain("cgroup", seen, StringComparison.Ordinal); // the tasks files that an exec holds open for a moment
        Assert.DoesNotContain("pidfd", seen, StringComparison.Ordinal);
    }
}
