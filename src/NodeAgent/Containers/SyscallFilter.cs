using System.Text.Json.Nodes;
using Orchestrator.Model.Pods;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The system calls a container may not make (seccomp(2)): those that act on the whole machine, make or join namespaces,
/// or mount. A second fence behind capabilities: what a kernel bug would turn a harmless-looking call into.
/// </summary>
static class SyscallFilter
{
    const int Eperm = 1;
    const int Enosys = 38;
    const int LargestProfile = 1024 * 1024;
    // clone(2): NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    static readonly ulong[] NamespaceFlags = [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000];

    static readonly string[] Denied =
    [
        "acct", "add_key", "bpf", "clock_adjtime", "clock_settime", "delete_module", "finit_module", "fsconfig", "fsmount", "fsopen",
        "fspick", "init_module", "io_uring_enter", "io_uring_register", "io_uring_setup", "ioperm", "iopl", "kexec_file_load",
        "kexec_load", "keyctl", "lookup_dcookie", "mount", "mount_setattr", "move_mount", "name_to_handle_at", "nfsservctl",
        "open_by_handle_at", "open_tree", "perf_event_open", "pivot_root", "process_vm_writev", "quotactl", "quotactl_fd", "reboot",
        "request_key", "setns", "settimeofday", "stime", "swapoff", "swapon", "syslog", "umount", "umount2", "unshare",
        "userfaultfd", "uselib", "vm86", "vm86old",
    ];

    /// <summary>The filter that a container asks for, or its pod; the default one when they say nothing.</summary>
    /// <returns>Null for none at all.</returns>
    /// <exception cref="IOException">The profile it names is not on this node.</exception>
    public static JsonObject? Of(ContainerPlace place) => (place.Container.SecurityContext?.SeccompProfile ?? place.Pod.Spec.SecurityContext?.SeccompProfile) switch
    {
        null or { Type: SeccompProfileType.RuntimeDefault } => Json(),
        { Type: SeccompProfileType.Unconfined } => null,
        { Type: SeccompProfileType.Localhost, LocalhostProfile: var name } => OwnProfile(place.SeccompProfiles, name),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static JsonObject OwnProfile(string? directory, string? name)
    {
        if (directory is null || name is null || !Directory.Exists(directory))
            throw new IOException($"seccomp profile \"{name}\" is not there: this node has no directory {directory}");
        using RootedTree profiles = new(directory);
        var text = profiles.TryRead(name, LargestProfile) ?? throw new IOException($"seccomp profile \"{name}\" is not in {directory} on this node");
        try
        {
            return JsonNode.Parse(text) as JsonObject ?? throw new IOException($"seccomp profile \"{name}\" is no JSON object");
        }
        catch (System.Text.Json.JsonException e)
        {
            throw new IOException($"seccomp profile \"{name}\": {e.Message}", e);
        }
    }

    static JsonObject Json()
    {
        JsonArray rules = [new JsonObject { ["names"] = OciConfig.Texts(Denied), ["action"] = "SCMP_ACT_ERRNO", ["errnoRet"] = Eperm }];
        foreach (var flag in NamespaceFlags)
        {
            rules.Add(new JsonObject
            {
                ["names"] = OciConfig.Texts(["clone"]),
                ["action"] = "SCMP_ACT_ERRNO",
                ["errnoRet"] = Eperm,
                ["args"] = new JsonArray(new JsonObject { ["index"] = 0, ["value"] = flag, ["valueTwo"] = flag, ["op"] = "SCMP_CMP_MASKED_EQ" }),
            });
        }

        // Its flags stand in memory, where a filter can't look; programs fall back to clone when told it does not exist.
        rules.Add(new JsonObject { ["names"] = OciConfig.Texts(["clone3"]), ["action"] = "SCMP_ACT_ERRNO", ["errnoRet"] = Enosys });
        return new JsonObject
        {
            ["defaultAction"] = "SCMP_ACT_ALLOW",
            ["architectures"] = OciConfig.Texts(Images.ImagePull.Architecture == "arm64"
                ? ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
                : ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]),
            ["syscalls"] = rules,
        };
    }
}
