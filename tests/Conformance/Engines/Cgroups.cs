namespace Orchestrator.Conformance.Engines;

/// <summary>The cgroups below which an engine was told to make its own.</summary>
static class Cgroups
{
    /// <summary>Removes the parent in every hierarchy. What runs in it would be a leftover, and fails here.</summary>
    public static void Remove(string parent)
    {
        foreach (var hierarchy in Directory.EnumerateDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
            if (Directory.Exists($"{hierarchy}/{parent}")) Command.Run("find", $"{hierarchy}/{parent}", "-depth", "-type", "d", "-exec", "rmdir", "{}", ";").Succeeds();
    }
}
