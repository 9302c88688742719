namespace Orchestrator.Runtime.Spec;

/// <summary>
/// What may be mounted at /proc: a proc file system and nothing else, and over its parts only the files that lxcfs shows its own versions of. Programs,
/// and this runtime's later commands among them, trust what they read and write there (CVE-2019-16884, CVE-2025-52881).
/// </summary>
static class ProcRule
{
    static readonly string[] MayBeCovered =
        ["cpuinfo", "diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps", "sys/crypto/fips_enabled", "sys/kernel/ns_last_pid", "uptime"];

    /// <param name="field">The mount's place in the configuration.</param>
    /// <param name="destination">Without "..", which the reader refuses.</param>
    /// <param name="type">The file system's type; empty for a bind.</param>
    /// <param name="source">The path that is bound.</param>
    /// <exception cref="ConfigException">The mount would cover something of /proc.</exception>
    public static void Hold(string field, string destination, string type, string source)
    {
        var parts = destination.Split('/').Where(part => part is not ("" or ".")).ToArray();
        if (parts[0] != "proc") return;
        var allowed = parts.Length == 1 ? type == "proc" || source.TrimEnd('/') == "/proc" : MayBeCovered.Contains(string.Join('/', parts[1..]));
        if (!allowed) throw new ConfigException(field + ".destination", $"{destination}: only a proc file system may be mounted at or below /proc");
    }
}
