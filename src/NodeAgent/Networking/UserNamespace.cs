using System.Globalization;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Makes namespaces of new users. A program with threads can't (unshare(2), CLONE_NEWUSER), so unshare(1) of util-linux does, and holds them until
/// they are pinned.
/// </summary>
static class UserNamespace
{
    /// <summary>Makes a user namespace with the others inside it, and pins each at its path.</summary>
    /// <param name="flags">The options of unshare(1) for the others.</param>
    /// <param name="pins">Each namespace's name below /proc/PID/ns, and where it is to be found.</param>
    /// <exception cref="IOException">They can't be made.</exception>
    public static void Make(uint firstUser, IReadOnlyList<string> flags, IReadOnlyList<(string Name, string Path)> pins)
    {
        // The word says that they are there; the end of its input ends it.
        using var holder = ExternalProgram.Start(["unshare", "--user", .. flags, "sh", "-c", "echo; read end"]);
        try
        {
            if (holder.StandardOutput.ReadLine() is null)
                throw new IOException($"the pod's user namespace can't be made: {holder.StandardError.ReadToEnd().Trim()}");
            var map = string.Create(CultureInfo.InvariantCulture, $"0 {firstUser} {PodUsers.Count}");
            File.WriteAllText($"/proc/{holder.Id}/uid_map", map);
            File.WriteAllText($"/proc/{holder.Id}/gid_map", map);
            foreach (var (name, path) in pins)
            {
                File.WriteAllBytes(path, []);
                Mounts.Bind($"/proc/{holder.Id}/ns/{name}", path);
            }
        }
        finally
        {
            holder.StandardInput.Close();
            holder.WaitForExit();
        }
    }
}
