namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The files of an image archive by their name in it, whether it is a directory or a tar. A tar's files are set
/// down under numbers of ours, so that no name of the archive ever reaches the file system.
/// </summary>
sealed class ImportSource : IDisposable
{
    const int CopyBytes = 128 * 1024;
    // An archive with more files than this is no image: 128 layers need a few hundred.
    const int MaxFiles = 10_000;
    const int LinkDepth = 8;

    readonly Dictionary<string, string> _files = [];
    readonly Dictionary<string, string> _links = [];
    string? _staging;

    public static ImportSource Open(string path, ImageLimits limits)
    {
        ImportSource source = new();
        try
        {
            if (Directory.Exists(path))
                source.AddDirectory(path);
            else if (File.Exists(path))
                source.AddTar(path, limits);
            else
                throw new ImageException(ImageFault.NotFound, $"{path} does not exist");
            return source;
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    public bool Has(string name) => Find(name) is not null;

    public FileStream OpenRead(string name) => new(
        Find(name) ?? throw new ImageException(ImageFault.Invalid, $"the archive has no {name}"),
        FileMode.Open, FileAccess.Read, FileShare.Read, CopyBytes);

    public byte[] Read(string name, int limitBytes)
    {
        using var file = OpenRead(name);
        if (file.Length > limitBytes)
            throw new ImageException(ImageFault.Invalid, $"{name} is larger than {limitBytes} bytes");
        var content = new byte[file.Length];
        file.ReadExactly(content);
        return content;
    }

    string? Find(string name)
    {
        // docker save once wrote equal layers as symbolic links to the first.
        for (var depth = 0; depth < LinkDepth; depth++)
        {
            if (_files.TryGetValue(name, out var path))
                return path;
            if (!_links.TryGetValue(name, out var target))
                return null;
            name = Path.GetFullPath(Path.Combine("/", Path.GetDirectoryName(name) ?? "", target))[1..];
        }

        return null;
    }

    void AddDirectory(string path)
    {
        EnumerationOptions walk = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, MaxRecursionDepth = 4 };
        foreach (var file in Directory.EnumerateFiles(path, "*", walk))
            Add(Path.GetRelativePath(path, file), file);
    }

    void AddTar(string path, ImageLimits limits)
    {
        // Beside the archive's reader, not in /tmp, which may be small memory: the system's temporary directory is set by TMPDIR.
        _staging = Directory.CreateTempSubdirectory("orch-import-").FullName;
        using var unpacked = UnpackStream.Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, CopyBytes), limits);
        TarStream tar = new(unpacked);
        var buffer = new byte[CopyBytes];
        while (tar.Next() is { } entry)
        {
            var name = entry.Path.StartsWith("./", StringComparison.Ordinal) ? entry.Path[2..] : entry.Path;
            if (entry.Kind == TarKind.File)
            {
                var staged = Path.Combine(_staging, _files.Count.ToString(System.Globalization.CultureInfo.InvariantCulture));
                using FileStream file = new(staged, FileMode.CreateNew);
                for (int read; (read = tar.Read(buffer)) > 0;)
                    file.Write(buffer, 0, read);
                Add(name, staged);
            }
            else if (entry.Kind == TarKind.SymbolicLink)
            {
                _links[name] = entry.LinkTarget;
            }
            else if (entry.Kind == TarKind.HardLink)
            {
                _links[name] = "/" + entry.LinkTarget.TrimStart('/');
            }
        }
    }

    void Add(string name, string path)
    {
        if (_files.Count >= MaxFiles)
            throw new ImageException(ImageFault.Invalid, $"the archive has more than {MaxFiles} files");
        _files[name] = path;
    }

    public void Dispose()
    {
        if (_staging is not null)
            Directory.Delete(_staging, recursive: true);
    }
}
