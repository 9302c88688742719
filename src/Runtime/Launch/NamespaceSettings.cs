using System.Globalization;
using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>What the launcher gives a process in new namespaces, because the process itself may not: id maps, clock offsets, higher limits.</summary>
static class NamespaceSettings
{
    public static void Write(int pid, ContainerConfig config)
    {
        if (config.Linux.TimeOffsets.Count > 0) Write(pid, config.Linux.TimeOffsets);
        if (config.Linux.Namespace(CloneFlags.NEWUSER) is not { Path.Length: 0 }) return;
        Write(pid, config.Linux.Ids);
        foreach (var limit in config.Process?.Rlimits ?? []) RaiseHard(pid, limit);
    }

    /// <summary>Writes the maps of a process's new user namespace. Groups first or last is the same to one who may setgroups(2).</summary>
    public static void Write(int pid, IdMappings ids)
    {
        Kernel.WriteSetting($"/proc/{pid}/uid_map", Text(ids.Uids));
        Kernel.WriteSetting($"/proc/{pid}/gid_map", Text(ids.Gids));
    }

    static string Text(IReadOnlyList<IdMapping> mappings) =>
        string.Concat(mappings.Select(mapping => string.Create(CultureInfo.InvariantCulture, $"{mapping.Inside} {mapping.Outside} {mapping.Size}\n")));

    // For the children of this process, in one write as the kernel wants it (time_namespaces(7)).
    static void Write(int pid, IReadOnlyList<TimeOffset> offsets) => Kernel.WriteSetting($"/proc/{pid}/timens_offsets",
        string.Concat(offsets.Select(offset => string.Create(CultureInfo.InvariantCulture, $"{offset.Clock} {offset.Seconds} {offset.Nanoseconds}\n"))));

    // The right to raise a hard limit is the host's root's; the process sets the limit itself, from below.
    static void RaiseHard(int pid, Rlimit limit)
    {
        var (soft, hard) = Kernel.Limit(pid, limit.Number);
        if (limit.Hard <= hard) return;
        Kernel.SetLimit(pid, limit.Number, soft, limit.Hard,
            string.Create(CultureInfo.InvariantCulture, $"process.rlimits {limit.Name} {limit.Soft}/{limit.Hard} (a hard limit is raised only with CAP_SYS_RESOURCE)"));
    }
}
