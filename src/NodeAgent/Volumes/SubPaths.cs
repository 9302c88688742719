using System.Globalization;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>
/// Parts of volumes that are mounted alone. Containers write to the volume, so its links and ".." are hostile: the part is found by the kernel inside the
/// volume, held by its descriptor, and bound to a place of the agent's own, from which it is mounted (CVE-2017-1002101, CVE-2021-25741).
/// </summary>
static class SubPaths
{
    /// <summary>The place that a part is bound to.</summary>
    /// <param name="place">A path of the agent's own; what was bound there before goes.</param>
    /// <param name="canMake">Makes a directory of the name where nothing is.</param>
    /// <exception cref="IOException">There is no such part.</exception>
    public static string Bind(string volume, string part, string place, bool canMake)
    {
        using RootedTree tree = new(volume);
        using var found = tree.TryOpen(part, Libc.OPath) ?? (canMake
            ? tree.OpenDirectory(part)
            : throw new IOException($"subPath \"{part}\" is not in its volume"));
        Mounts.Detach(place);
        PrivateDirectory.Make(Path.GetDirectoryName(place)!); // a path of ours has a parent
        if (FileKinds.IsDirectory(found))
            Directory.CreateDirectory(place);
        else
            File.WriteAllBytes(place, []);
        Mounts.Bind(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{found.DangerousGetHandle()}"), place);
        return place;
    }
}
