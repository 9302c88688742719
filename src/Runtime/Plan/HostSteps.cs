using System.Text;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Plan;

/// <summary>What belongs to the new namespaces rather than to the file system: names, the loopback interface, kernel settings.</summary>
static class HostSteps
{
    const int Inet = 2, Datagram = 2, SetInterfaceFlags = 0x8914;

    static readonly string[] IpcSettings =
    [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax", "kernel/shmmni",
        "kernel/shm_rmid_forced",
    ];

    public static void Names(OpList ops, ContainerConfig config)
    {
        if (config.Hostname.Length > 0)
        {
            Require(config, CloneFlags.NEWUTS, "hostname", "uts");
            ops.Add("set the hostname", Call.sethostname, config.Hostname, Encoding.UTF8.GetByteCount(config.Hostname));
        }

        if (config.Domainname.Length > 0)
        {
            Require(config, CloneFlags.NEWUTS, "domainname", "uts");
            ops.Add("set the domainname", Call.setdomainname, config.Domainname, Encoding.UTF8.GetByteCount(config.Domainname));
        }
    }

    public static void Loopback(OpList ops, CloneFlags made)
    {
        if ((made & CloneFlags.NEWNET) == 0) return;
        const string what = "bring the loopback interface up";
        ops.Add(what, Call.socket, Inet, Arg.Named(Datagram | (int)O.CLOEXEC, "DGRAM|CLOEXEC"), 0).Into(Slots.Scrap);
        ops.Add(what, Call.ioctl, Slots.Scrap, Arg.Named(SetInterfaceFlags, "SIOCSIFFLAGS"), Blocks.LoopbackUp());
        ops.Add(what, Call.close, Slots.Scrap);
    }

    /// <summary>
    /// Settings of the container's own namespaces, written through the host's /proc before any mount of the container exists, and
    /// never across a mount or a link (CVE-2025-52881).
    /// </summary>
    public static void Sysctls(OpList ops, ContainerConfig config)
    {
        if (config.Linux.Sysctl.Count == 0) return;
        const long procMagic = 0x9FA0;
        var statfs = new Scratch("statfs", new byte[120]);
        ops.Add("open /proc", Call.openat, At.FDCWD, "/proc", O.PATH | O.DIRECTORY | O.NOFOLLOW | O.CLOEXEC).Into(Slots.HostProc);
        ops.Add("open /proc", Call.fstatfs, Slots.HostProc, statfs);
        ops.Add("/proc is not a proc file system", Call.expect, statfs, -1, procMagic, (int)Errno.EINVAL);
        foreach (var (name, value) in config.Linux.Sysctl)
        {
            var path = name.Contains('/') ? name : name.Replace('.', '/');
            RequireNamespaced(config, name, path);
            var what = $"linux.sysctl {name} = {value}";
            var how = Blocks.OpenHow(O.WRONLY, Resolve.NO_XDEV | Resolve.BENEATH | Resolve.NO_SYMLINKS | Resolve.NO_MAGICLINKS);
            ops.Add(what, Call.openat2, Slots.HostProc, "sys/" + path, how, Blocks.OpenHowBytes).Into(Slots.Scrap);
            ops.Add(what, Call.write, Slots.Scrap, value, Encoding.UTF8.GetByteCount(value));
            ops.Add(what, Call.close, Slots.Scrap);
        }

        ops.Add("close /proc", Call.close, Slots.HostProc);
    }

    static void RequireNamespaced(ContainerConfig config, string name, string path)
    {
        var field = "linux.sysctl." + name;
        if (path.StartsWith("net/", StringComparison.Ordinal)) Require(config, CloneFlags.NEWNET, field, "network");
        else if (IpcSettings.Contains(path) || path.StartsWith("fs/mqueue/", StringComparison.Ordinal)) Require(config, CloneFlags.NEWIPC, field, "ipc");
        else if (path is "kernel/hostname" or "kernel/domainname") Require(config, CloneFlags.NEWUTS, field, "uts");
        else throw new ConfigException(field, "is a setting of the whole host, not of a container");
    }

    // A namespace that is joined counts: whoever made it gave it to this container. The host's own does not.
    static void Require(ContainerConfig config, CloneFlags kind, string field, string name)
    {
        if (!config.Linux.Namespaces.Any(ns => ns.Kind == kind))
            throw new ConfigException(field, $"needs a {name} namespace: without one it would change the host");
    }
}
