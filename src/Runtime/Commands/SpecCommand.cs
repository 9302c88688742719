using System.Text;
using Orchestrator.Runtime.Cgroups;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Commands;

/// <summary>`spec [-b DIR]`: writes a config.json to start from.</summary>
static class SpecCommand
{
    public const string OciVersion = "1.2.0";

    const int FileMode = 0x1A4; // 0644

    // As runc's example: on v1 tools look for the paths of the host.
    const string CgroupNamespace = """, { "type": "cgroup" }""";

    const string Example = """
        {
          "ociVersion": "1.2.0",
          "root": { "path": "rootfs", "readonly": true },
          "hostname": "orun",
          "process": {
            "terminal": true,
            "cwd": "/",
            "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"],
            "user": { "uid": 0, "gid": 0 },
            "noNewPrivileges": true,
            "capabilities": {
              "bounding": ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
              "effective": ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
              "permitted": ["CAP_KILL", "CAP_NET_BIND_SERVICE"]
            },
            "rlimits": [{ "type": "RLIMIT_NOFILE", "soft": 1024, "hard": 1024 }]
          },
          "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "strictatime", "mode=755", "size=65536k"] },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts",
              "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"] },
            { "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"] },
            { "destination": "/dev/mqueue", "type": "mqueue", "source": "mqueue", "options": ["nosuid", "noexec", "nodev"] },
            { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"] },
            { "destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["nosuid", "noexec", "nodev", "relatime", "ro"] }
          ],
          "linux": {
            "namespaces": [
              { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" }CGROUP
            ],
            "resources": { "devices": [{ "allow": false, "access": "rwm" }] },
            "maskedPaths": [
              "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
              "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap"
            ],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
          }
        }

        """;

    public static int Run(IReadOnlyList<string> arguments)
    {
        var options = Options.Parse(arguments, ["bundle,b=", "rootless"]);
        if (options.Has("rootless")) throw new UsageException("spec --rootless is not supported: orun needs root");
        var path = Path.GetFullPath(options.Value("bundle") ?? ".") + "/config.json";
        using var file = Kernel.Open(path, O.WRONLY | O.CREAT | O.EXCL, FileMode);
        Kernel.WriteAll(file.Number, Encoding.UTF8.GetBytes(Example.Replace("CGROUP", CgroupLayout.Read().Unified ? CgroupNamespace : "", StringComparison.Ordinal)), path);
        return 0;
    }
}
