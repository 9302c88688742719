using Orchestrator.Runtime.Plan;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>Looks up what a plan has to know of this host.</summary>
static class HostProbe
{
    const int MountPoint = 4; // the field of mountinfo

    public static HostFacts Read(ContainerConfig config, string bundle)
    {
        var files = new HashSet<string>();
        foreach (var mount in config.Mounts)
        {
            if (!mount.Options.IsBind) continue;
            var source = Path.GetFullPath(mount.Source, bundle);
            if (Kernel.Stat(source) is { IsDirectory: false }) files.Add(source);
        }

        var last = Kernel.LastCapability(CapabilityNames.Count - 1);
        // Whoever comes into a user namespace has every capability there.
        var capabilities = config.Linux.HasUserNamespace ? ulong.MaxValue >> (63 - last) : Kernel.PermittedCapabilities();
        return new HostFacts(capabilities, last, files, Kernel.Stat("/proc/kcore") is not null)
        {
            HasAppArmor = config.Process?.AppArmorProfile.Length > 0
                && Kernel.TryReadText("/sys/module/apparmor/parameters/enabled")?.StartsWith('Y') == true,
            HasSelinux = config.Process?.SelinuxLabel.Length > 0 && Kernel.Stat("/sys/fs/selinux/enforce") is not null,
        };
    }

    /// <summary>Where proc and sysfs are mounted, the innermost first (proc_pid_mountinfo(5)).</summary>
    public static IReadOnlyList<string> KernelMounts() =>
    [
        .. from line in Kernel.ReadText("/proc/self/mountinfo").Split('\n')
           where line.Contains(" - proc ", StringComparison.Ordinal) || line.Contains(" - sysfs ", StringComparison.Ordinal)
           let path = line.Split(' ')[MountPoint]
           orderby path.Length descending
           select path,
    ];

    /// <summary>Starts this program again, protected, if it is not: for `start`, which most often has no need of it.</summary>
    public static void StartProtected()
    {
        if (Kernel.IsOnReadOnlyMount("/proc/self/exe")) return;
        Kernel.Execute("/proc/self/exe", ["orun", "--protected", .. Environment.GetCommandLineArgs().Skip(1)], Variables());
    }

    /// <summary>The environment that orun was started with, as NAME=value.</summary>
    public static IReadOnlyList<string> Variables() =>
        [.. Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(entry => $"{entry.Key}={entry.Value}")];

    /// <summary>
    /// Makes sure that this program runs from a read-only mount (see spawn.x64.S), so that no container can write to it through
    /// /proc/PID/exe (CVE-2019-5736), and that no other process may look into it.
    /// </summary>
    public static void ProtectOwnProgram()
    {
        if (!Kernel.IsOnReadOnlyMount("/proc/self/exe"))
            throw new InvalidOperationException("orun could not start from a read-only mount of itself: it needs root, /proc and open_tree(2)");
        Kernel.BecomeUndumpable();
    }
}
