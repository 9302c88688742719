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
        foreach (var mount in MountTable.Below(path))
            Mounts.Detach(mount);
        Directory.Delete(path, recursive: true);
    }
}
