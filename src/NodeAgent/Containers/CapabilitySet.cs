using System.Text.Json.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The capabilities of a container's process (capabilities(7)): Podman's eleven, changed by the security context.
/// Inheritable and ambient stay empty, whatever is asked (CVE-2022-29162).
/// </summary>
static class CapabilitySet
{
    const string All = "ALL";
    const string Prefix = "CAP_";

    static readonly string[] Defaults =
        ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"];

    /// <summary>The names without CAP_, sorted.</summary>
    /// <exception cref="ArgumentException">A name is no capability.</exception>
    public static IReadOnlyList<string> Of(SecurityContext? context)
    {
        HashSet<string> set = context?.Privileged == true ? [.. Available()] : [.. Defaults];
        IEnumerable<string> drop = context?.Capabilities?.Drop ?? [];
        IEnumerable<string> add = context?.Capabilities?.Add ?? [];
        foreach (var name in drop.Select(Read))
        {
            if (name == All)
                set.Clear();
            else
                set.Remove(name);
        }

        foreach (var name in add.Select(Read))
            set.UnionWith(name == All ? Available() : [name]);
        return [.. set.Order(StringComparer.Ordinal)];
    }

    public static JsonObject Json(SecurityContext? context, uint uid)
    {
        var names = Of(context).Select(name => Prefix + name);
        // A process that is not root has none in effect; a set-uid program may still get at the bounding set.
        return new JsonObject
        {
            ["bounding"] = OciConfig.Texts(names),
            ["effective"] = OciConfig.Texts(uid == 0 ? names : []),
            ["permitted"] = OciConfig.Texts(uid == 0 ? names : []),
            ["inheritable"] = new JsonArray(),
            ["ambient"] = new JsonArray(),
        };
    }

    // What this machine may not do itself it can't pass on.
    static IEnumerable<string> Available()
    {
        var own = BoundingSet();
        return ByNumber.Where(name => (own & (1UL << Number(name))) != 0);
    }

    static ulong BoundingSet()
    {
        var line = File.ReadLines("/proc/self/status").First(text => text.StartsWith("CapBnd:", StringComparison.Ordinal));
        return Convert.ToUInt64(line["CapBnd:".Length..].Trim(), 16);
    }

    static int Number(string name) => Array.IndexOf(ByNumber, name);

    // linux/capability.h, in the order of their numbers.
    static readonly string[] ByNumber =
    [
        "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
        "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT",
        "SYS_PTRACE", "SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE",
        "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ",
        "PERFMON", "BPF", "CHECKPOINT_RESTORE",
    ];

    static string Read(string name)
    {
        var upper = name.ToUpperInvariant();
        var bare = upper.StartsWith(Prefix, StringComparison.Ordinal) ? upper[Prefix.Length..] : upper;
        return bare == All || ByNumber.Contains(bare) ? bare : throw new ArgumentException($"\"{name}\" is not a capability");
    }
}
