using System.Text.Json.Nodes;
using Orchestrator.Testing;

namespace Orchestrator.Runtime.Tests.UnifiedCgroups;

/// <summary>
/// A machine with Debian's kernel, emulated, where all cgroup controllers are cgroup v2's: the way to see that on a host that has v1. It has no network and
/// no disk; its first program runs a script and ends the machine.
/// </summary>
static class VirtualMachine
{
    static readonly string[] Applets = ["sh", "cat", "chown", "cp", "cut", "dd", "echo", "grep", "head", "ls", "mkdir", "mknod", "mount", "poweroff", "sed", "sleep", "switch_root", "tail"];

    /// <summary>What the script has printed between its lines BEGIN and END.</summary>
    /// <param name="config">The container that the script finds in /bundle.</param>
    /// <param name="script">Its file, beside this one.</param>
    /// <param name="systemd">Whether the machine's first program is this host's systemd, which runs the script.</param>
    public static string Run(JsonObject config, string script, bool systemd = false)
    {
        var kernel = Directory.GetFiles(RepoRoot.Below("artifacts", "vm"), "vmlinuz*").Single(); // test.sh fetches it
        var root = Directory.CreateTempSubdirectory("orun-vm-").FullName;
        try
        {
            Fill(root, config, script);
            if (systemd) Orun.Run("/bin/bash", RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", "systemd-root.sh"), root).Succeeds();
            const string boot = """
                cd "$1" && find . | cpio --quiet -o -H newc > ../$(basename "$1").cpio &&
                qemu-system-x86_64 -accel tcg -cpu max -m 512 -nographic -no-reboot -nic none -kernel "$2" -initrd ../$(basename "$1").cpio -append "console=ttyS0 loglevel=1 panic=-1 systemd.show_status=0"
                """;
            var console = Orun.Run("/bin/sh", "-c", boot, "sh", root, kernel).Succeeds().Output.ReplaceLineEndings("\n");
            var begin = console.IndexOf("BEGIN\n", StringComparison.Ordinal);
            var end = console.IndexOf("END\n", StringComparison.Ordinal);
            Assert.True(begin >= 0 && end > begin, console);
            return console[(begin + "BEGIN\n".Length)..end];
        }
        finally
        {
            Directory.Delete(root, recursive: true);
            File.Delete(root + ".cpio");
        }
    }

    static void Fill(string root, JsonObject config, string script)
    {
        foreach (var directory in (string[])["bin", "new", "proc", "sys", "dev", "run", "bundle/rootfs/bin"]) Directory.CreateDirectory($"{root}/{directory}");
        foreach (var place in (string[])["bin", "bundle/rootfs/bin"])
        {
            File.Copy("/bin/busybox", $"{root}/{place}/busybox");
            foreach (var applet in Applets) File.CreateSymbolicLink($"{root}/{place}/{applet}", "busybox");
        }

        File.Copy(Orun.Program, root + "/bin/orun");
        File.WriteAllText(root + "/bundle/config.json", config.ToJsonString());
        Script("boot.sh", root + "/init");
        Script(script, root + "/script.sh");
    }

    static void Script(string name, string place)
    {
        File.Copy(RepoRoot.Below("tests", "Runtime.Tests", "UnifiedCgroups", name), place);
        File.SetUnixFileMode(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
