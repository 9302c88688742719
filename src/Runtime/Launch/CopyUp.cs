using Orchestrator.Runtime.Spec;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Launch;

/// <summary>
/// A tmpfs with the option tmpcopyup begins with what the image has in its place. It is made and filled here, attached nowhere; the container's
/// process only moves it to its place. The image's files are opened by descriptor, one name at a time, and no link is followed.
/// </summary>
static class CopyUp
{
    const int MostDepth = 64;
    const string What = "tmpcopyup";

    /// <param name="mount">The tmpfs.</param>
    /// <param name="root">The host's path of the container's root.</param>
    /// <param name="isOtherUser">True: the file system belongs to whom the image's directory belongs to, not to this process's user.</param>
    /// <returns>The file system, or null if the image has nothing in its place: then it is a tmpfs like any other.</returns>
    public static Fd? Fill(MountSpec mount, string root, bool isOtherUser)
    {
        using var directory = Kernel.Open(root, O.PATH | O.DIRECTORY);
        using var found = Kernel.TryOpenInside(directory, mount.Destination);
        if (found is null || Kernel.Stat(found, mount.Destination) is not { IsDirectory: true } facts) return null;
        var target = Kernel.NewFileSystem("tmpfs", mount.Options.Data, $"{mount.Field}: {What}");
        try
        {
            using var source = Kernel.Open($"/proc/self/fd/{found.Number}", O.RDONLY | O.DIRECTORY);
            Copy(source, target, 0);
            if (isOtherUser)
            {
                using var top = Kernel.OpenAt(target, ".", O.RDONLY | O.DIRECTORY);
                Kernel.SetOwner(top, facts.Uid, facts.Gid, mount.Destination);
            }

            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
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
    }}
