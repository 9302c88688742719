using System.Runtime.InteropServices;
using Orchestrator.NodeAgent.Contents;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Volumes;

/// <summary>
/// Files that change all at once, as containers see them: they stand in a directory of their own, which a link named ..data leads to, and the names that
/// containers use are links through it. An update makes a new directory and renames the link (Kubernetes, the "atomic writer").
/// </summary>
static class ContentDirectory
{
    const string Link = "..data", NewLink = "..data_tmp";
    const UnixFileMode Searchable = (UnixFileMode)0x1ED;

    /// <summary>Has the directory show these files and no others.</summary>
    /// <param name="group">The group they belong to, which may read them then; null for root's.</param>
    public static void Write(string directory, IReadOnlyList<ContentFile> files, uint? group)
    {
        if (Shows(directory, files))
            return;
        var version = $"..{Guid.NewGuid():N}";
        var target = Path.Combine(directory, version);
        MakeDirectory(target, group);
        foreach (var file in files)
        {
            var path = Path.Combine(target, file.Path);
            for (var parent = Path.GetDirectoryName(file.Path); !string.IsNullOrEmpty(parent); parent = Path.GetDirectoryName(parent))
                MakeDirectory(Path.Combine(target, parent), group);
            WriteFile(path, file, group);
        }

        var link = Path.Combine(directory, Link);
        var before = new FileInfo(link).LinkTarget;
        File.Delete(Path.Combine(directory, NewLink));
        File.CreateSymbolicLink(Path.Combine(directory, NewLink), version);
        if (Libc.Rename(Path.Combine(directory, NewLink), link) != 0) // File.Move follows links
            throw new SyscallException("rename", Marshal.GetLastPInvokeError(), link);
        var names = files.Select(file => file.Path.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(name => new FileInfo(Path.Combine(directory, name)).LinkTarget is null))
            File.CreateSymbolicLink(Path.Combine(directory, name), Path.Combine(Link, name));
        foreach (var entry in Directory.EnumerateFileSystemEntries(directory).ToList())
        {
            if (Path.GetFileName(entry) is var name && !name.StartsWith("..", StringComparison.Ordinal) && !names.Contains(name))
                File.Delete(entry);
        }

        if (before is not null && before.StartsWith("..", StringComparison.Ordinal) && !before.Contains('/', StringComparison.Ordinal))
            Directory.Delete(Path.Combine(directory, before), recursive: true);
    }

    static bool Shows(string directory, IReadOnlyList<ContentFile> files)
    {
        var data = Path.Combine(directory, Link);
        if (!Directory.Exists(data))
            return false;
        var there = Directory.EnumerateFiles(data + "/", "*", SearchOption.AllDirectories).Count();
        return there == files.Count && files.All(file =>
            File.Exists(Path.Combine(data, file.Path)) && File.ReadAllBytes(Path.Combine(data, file.Path)).AsSpan().SequenceEqual(file.Content));
    }

    static void WriteFile(string path, ContentFile file, uint? group)
    {
        using (FileStream stream = new(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            stream.Write(file.Content);
            if (group is { } gid)
                SyscallException.Check(Libc.Fchown(stream.SafeFileHandle, 0, gid), "fchown", path);
        }

        var mode = (UnixFileMode)file.Mode;
        File.SetUnixFileMode(path, group is null ? mode : mode | UnixFileMode.GroupRead);
    }

    // Whatever the umask: who may read the files has to get to them.
    static void MakeDirectory(string path, uint? group)
    {
        if (Directory.Exists(path))
            return;
        Directory.CreateDirectory(path);
        File.SetUnixFileMode(path, Searchable);
        if (group is { } gid)
            Ownership.Give(path, gid);
    }
}
