using System.Text.Json.Nodes;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The mounts of a container: the kernel's file systems as the runtime-spec lists them, then what the pod asks for.
/// </summary>
static class MountList
{
    public static JsonArray Json(IReadOnlyList<ContainerMount> mounts, bool privileged, bool mapsIds = false)
    {
        var sysAccess = privileged ? "rw" : "ro";
        JsonArray list =
        [
            Mount("/proc", "proc", "proc", "nosuid", "noexec", "nodev"),
            Mount("/dev", "tmpfs", "tmpfs", "nosuid", "noexec", "strictatime", "mode=755", "size=65536k"),
            Mount("/dev/pts", "devpts", "devpts", "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
            Mount("/dev/shm", "tmpfs", "shm", "nosuid", "noexec", "nodev", "mode=1777", "size=65536k"),
            Mount("/dev/mqueue", "mqueue", "mqueue", "nosuid", "noexec", "nodev"),
            Mount("/sys", "sysfs", "sysfs", "nosuid", "noexec", "nodev", sysAccess),
            Mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro"),
        ];
        // Mapped, files of the node's root are those of the pod's root. A mount below is shown as it is: with owners that the pod does not have.
        foreach (var mount in mounts)
            list.Add(Mount(mount.Destination, "bind", mount.Source, ["rbind", "rprivate", "nosuid", "nodev", mount.ReadOnly ? "ro" : "rw", .. mapsIds ? (string[])["idmap"] : []]));
        return list;
    }

    static JsonObject Mount(string destination, string type, string source, params string[] options) => new()
    {
        ["destination"] = destination,
        ["type"] = type,
        ["source"] = source,
        ["options"] = OciConfig.Texts(options),
    };
}
