using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Orchestrator.Daemon.Hosting;

/// <summary>What the machine must offer before anything is started on it.</summary>
static class Machine
{
    static readonly string[] NeededFilesystems = ["overlay", "proc", "tmpfs", "mqueue"];

    static readonly string[] NeededNamespaces = ["pid", "mnt", "net", "ipc", "uts"];

    /// <summary>Without them a limit in a manifest would be no limit.</summary>
    static readonly string[] NeededControllers = ["cpu", "memory", "pids"];

    const string Cgroups = "/sys/fs/cgroup";

    /// <exception cref="StartException">Not root.</exception>
    public static void CheckRoot()
    {
        if (Environment.UserName != "root" && !Environment.IsPrivilegedProcess)
            throw new StartException("running containers needs root; start it with sudo");
    }

    /// <exception cref="StartException">Not root, or the kernel lacks something that containers need.</exception>
    public static void CheckForContainers()
    {
        CheckRoot();
        var known = File.ReadAllLines("/proc/filesystems").Select(line => line.Split('\t')[^1]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in NeededFilesystems.Where(name => !known.Contains(name)))
            throw new StartException($"the kernel has no {name} filesystem; load it with `modprobe {name}` or use a kernel that has it");
        foreach (var name in NeededNamespaces.Where(name => !File.Exists($"/proc/self/ns/{name}")))
            throw new StartException($"the kernel has no {name} namespaces; use one built with CONFIG_NAMESPACES");
        if (!known.Contains("cgroup") && !known.Contains("cgroup2"))
            throw new StartException("the kernel has no cgroups; use one built with CONFIG_CGROUPS");
        if (NeededControllers.Where(name => !HasController(name)).ToList() is { Count: > 0 } missing)
            throw new StartException($"the cgroup controllers {string.Join(", ", missing)} are not to be had below {Cgroups}; mount them, or boot with `{string.Join(' ', missing.Select(name => $"cgroup_enable={name}"))}`");
    }

    // Version 2 says in one file what there is (cgroups(7), "Cgroups v2 controllers"), version 1 has a mount for each, or for some together.
    static bool HasController(string name) => File.Exists($"{Cgroups}/cgroup.controllers")
        ? File.ReadAllText($"{Cgroups}/cgroup.controllers").Split([' ', '\n']).Contains(name)
        : File.Exists($"{Cgroups}/{name}/cgroup.procs");

    /// <exception cref="StartException">The directory is not there and can't be made, or it can't be written in.</exception>
    public static void CheckDirectory(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var probe = new FileStream(Path.Combine(directory, ".writable"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception refused) when (refused is UnauthorizedAccessException or IOException)
        {
            throw new StartException($"the data directory can't be used: {refused.Message.TrimEnd('.')}; start as root or choose another one with --data-dir");
        }
    }

    /// <summary>This machine's first address that is not a loopback one; the loopback address when it has no other.</summary>
    public static IPAddress FirstAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(each => each.OperationalStatus == OperationalStatus.Up && each.NetworkInterfaceType != NetworkInterfaceType.Loopback)
        .SelectMany(each => each.GetIPProperties().UnicastAddresses)
        .Select(each => each.Address)
        .FirstOrDefault(address => address.AddressFamily == AddressFamily.InterNetwork) ?? IPAddress.Loopback;
}
