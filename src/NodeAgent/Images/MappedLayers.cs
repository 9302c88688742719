using System.Globalization;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// An image's layers, shown with their files' users mapped to a pod's own, for as long as it takes to lay an overlay on them: the overlay
/// keeps mounts of its own.
/// </summary>
sealed class MappedLayers : IDisposable
{
    readonly string _directory;

    MappedLayers(string directory, IReadOnlyList<string> paths) => (_directory, Paths) = (directory, paths);

    /// <summary>Where they are, lowest first.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <exception cref="SyscallException">The file system of the layers, or the kernel, can't map users.</exception>
    public static MappedLayers Make(IReadOnlyList<string> layersLowestFirst, string directory, PodUsers users)
    {
        PrivateDirectory.Make(directory);
        MappedLayers mapped = new(directory, [.. layersLowestFirst.Select((_, i) => Path.Combine(directory, i.ToString(CultureInfo.InvariantCulture)))]);
        try
        {
            foreach (var (layer, path) in layersLowestFirst.Zip(mapped.Paths))
            {
                PrivateDirectory.Make(path);
                Mounts.BindMapped(layer, path, users.Namespace);
            }

            return mapped;
        }
        catch
        {
            mapped.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var path in Paths)
            Mounts.Detach(path);
        if (Directory.Exists(_directory))
            Directory.Delete(_directory, recursive: true);
    }
}
