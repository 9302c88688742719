namespace Orchestrator.NodeAgent.Syscalls;

/// <summary>
/// Removes a directory of ours with all that is in it, mounts first. Links are removed, never followed.
/// </summary>
static class Tree
{
    public static void Remove(string path)
    {
        if (!Directory.Exists(path))
            return;
        Unmount(path);
        Directory.Delete(path, recursive: true);
    }

    /// <summary>Takes off what is mounted below a directory; its files stay.</summary>
    public static void Unmount(string path)
    {
        foreach (var mount in MountTable.Below(path))
            Mounts.Detach(mount);
    }
}
