using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// A tmpfs with the option tmpcopyup begins with what the image has in its place. It is made and filled here, attached nowhere; the container's
/// process only moves it to its place. The image's files are opened by descriptor, one name at a time, and no link is followed.
/// </summary>
sealed class CopyUp : IDisposable
{
    const int MostDepth = 64;
    const string What = "tmpcopyup";

    readonly List<Fd> _mounts = [];
    readonly Dictionary<string, string> _paths = [];

    /// <summary>Where the launcher finds the filled file systems, by the field of their mount.</summary>
    public IReadOnlyDictionary<string, string> Paths => _paths;

    public static CopyUp Prepare(ContainerConfig config, string bundle)
    {
        var copies = new CopyUp();
        try
        {
            foreach (var mount in config.Mounts.Where(mount => mount.Options.CopiesUp)) copies.Fill(mount, Path.GetFullPath(config.Root.Path, bundle));
            return copies;
        }
        catch
        {
            copies.Dispose();
            throw;
        }
    }

    void Fill(MountSpec mount, string root)
    {
        using var directory = Kernel.Open(root, O.PATH | O.DIRECTORY);
        using var found = Kernel.TryOpenInside(directory, mount.Destination);
        // Nothing in its place: a plain tmpfs.
        if (found is null || !Kernel.Stat(found, mount.Destination).IsDirectory) return;
        var target = Kernel.NewFileSystem("tmpfs", mount.Options.Data, $"{mount.Field}: {What}");
        _mounts.Add(target);
        using var source = Kernel.Open($"/proc/self/fd/{found.Number}", O.RDONLY | O.DIRECTORY);
        Copy(source, target, 0);
        _paths.Add(mount.Field, $"/proc/self/fd/{target.Number}");
    }

    static void Copy(Fd source, Fd target, int depth)
    {
        if (depth > MostDepth) throw new ConfigException("mounts", $"{What}: more than {MostDepth} directories in each other");
        foreach (var path in Directory.EnumerateFileSystemEntries($"/proc/self/fd/{source.Number}"))
        {
            var name = Path.GetFileName(path);
            using var entry = Kernel.OpenAt(source, name, O.PATH | O.NOFOLLOW);
            var facts = Kernel.Stat(entry, name);
            if (facts.IsDirectory)
            {
                Kernel.MakeDirectoryAt(target, name);
                using Fd from = Kernel.OpenAt(source, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW), to = Kernel.OpenAt(target, name, O.RDONLY | O.DIRECTORY | O.NOFOLLOW);
                Copy(from, to, depth + 1);
                Kernel.SetOwner(to, facts, name);
            }
            else if (facts.IsRegular)
            {
                using Fd from = Kernel.OpenAt(source, name, O.RDONLY | O.NOFOLLOW | O.NONBLOCK), to = Kernel.OpenAt(target, name, O.WRONLY | O.CREAT | O.EXCL | O.NOFOLLOW);
                CopyBytes(from, to, name);
                Kernel.SetOwner(to, facts, name);
            }
            else if (facts.IsLink)
            {
                Kernel.MakeLinkAt(target, name, Kernel.ReadLink(entry, name));
            }

            // Devices, fifos and sockets are left out: /dev has its own way, and the others mean nothing without their process.
        }
    }

    static void CopyBytes(Fd from, Fd to, string name)
    {
        var buffer = new byte[64 * 1024];
        for (int count; (count = Kernel.Read(from.Number, buffer, name)) > 0;) Kernel.WriteAll(to.Number, buffer.AsSpan(0, count), name);
    }

    public void Dispose() => _mounts.ForEach(mount => mount.Dispose());
}
