namespace Orchestrator.Runtime.Tests;

/// <summary>A test of cgroup v1's files: skipped, and said so, on a host without that controller's hierarchy.</summary>
[AttributeUsage(AttributeTargets.Method)]
sealed class LegacyCgroupFactAttribute : FactAttribute
{
    public LegacyCgroupFactAttribute(string controller)
    {
        if (!Directory.Exists("/sys/fs/cgroup/" + controller)) Skip = $"this host has no cgroup v1 hierarchy of {controller}";
    }
}
