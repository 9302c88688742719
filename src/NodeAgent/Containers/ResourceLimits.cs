using System.Text.Json.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// A container's cgroup settings from its requests and limits, as Kubernetes translates them.
/// </summary>
static class ResourceLimits
{
    /// <summary>Processes and threads a container may have: a fork bomb must not take the node.</summary>
    public const long DefaultPids = 4096;

    // The kernel's period is 100 ms; below 1 ms of quota it refuses (cgroup v1 cpu, sched-bwc).
    const long PeriodMicroseconds = 100_000;
    const long SmallestQuota = 1_000;
    const long SharesPerCore = 1_024;
    const long SmallestShares = 2;
    const long LargestShares = 262_144;
    const long MillicoresPerCore = 1_000;

    public static JsonObject Json(ResourceRequirements resources, bool privileged)
    {
        JsonObject json = new()
        {
            ["pids"] = new JsonObject { ["limit"] = DefaultPids },
            ["devices"] = privileged ? new JsonArray(Allow(null, null, null, "rwm")) : Devices(),
        };
        JsonObject cpu = new() { ["shares"] = Shares(resources.RequestOf(ResourceNames.Cpu).Millis) };
        if (resources.Limits.TryGetValue(ResourceNames.Cpu, out var limit) && limit.Millis > 0)
        {
            cpu["quota"] = Math.Max(SmallestQuota, limit.Millis * PeriodMicroseconds / MillicoresPerCore);
            cpu["period"] = PeriodMicroseconds;
        }

        json["cpu"] = cpu;
        // Without swap beyond it: a container over its limit is killed, not slowed down for everyone.
        if (resources.Limits.TryGetValue(ResourceNames.Memory, out var memory) && memory.Units > 0)
            json["memory"] = new JsonObject { ["limit"] = memory.Units, ["swap"] = memory.Units };
        return json;
    }

    public static long Shares(long millicores) =>
        Math.Clamp(millicores * SharesPerCore / MillicoresPerCore, SmallestShares, LargestShares);

    // All denied but the devices every program expects (runtime-spec, config-linux.md, "Default Devices").
    static JsonArray Devices() =>
    [
        new JsonObject { ["allow"] = false, ["access"] = "rwm" },
        Allow("c", 1, 3, "rwm"), Allow("c", 1, 5, "rwm"), Allow("c", 1, 7, "rwm"), Allow("c", 1, 8, "rwm"), Allow("c", 1, 9, "rwm"),
        Allow("c", 5, 0, "rwm"), Allow("c", 5, 2, "rwm"), Allow("c", 136, null, "rwm"),
    ];

    static JsonObject Allow(string? type, int? major, int? minor, string access)
    {
        JsonObject rule = new() { ["allow"] = true, ["access"] = access };
        if (type is not null)
            rule["type"] = type;
        if (major is not null)
            rule["major"] = major;
        if (minor is not null)
            rule["minor"] = minor;
        return rule;
    }
}
