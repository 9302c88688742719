using System.Text;
using System.Text.Json;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Which manifest each image name stands for on this node: one small file a name, written whole.
/// A name is set only once everything below its manifest is in the blob store.
/// </summary>
sealed class ImageNames(string root)
{
    const int FileBytes = 64 * 1024;

    readonly string _names = PrivateDirectory.Make(Path.Combine(root, "names"));

    public Digest? Find(ImageName name)
    {
        var path = PathOf(name);
        if (!File.Exists(path))
            return null;
        return Digest.Parse(Load(path).ManifestDigest);
    }

    public void Set(ImageName name, Digest manifest, bool imported) =>
        PrivateDirectory.WriteFile(PathOf(name), JsonSerializer.SerializeToUtf8Bytes(new NamedImage(name.ToString(), manifest.ToString(), imported), ImageJson.Default.NamedImage));

    /// <summary>Notes that the image is used now: its file's time says when that was last, over restarts too.</summary>
    public void Touch(ImageName name, DateTimeOffset now)
    {
        if (File.Exists(PathOf(name))) File.SetLastWriteTimeUtc(PathOf(name), now.UtcDateTime);
    }

    public DateTimeOffset LastUsed(ImageName name) => File.GetLastWriteTimeUtc(PathOf(name));

    public void Remove(ImageName name)
    {
        File.Delete(PathOf(name));
        PrivateDirectory.Flush(_names);
    }

    public IReadOnlyList<NamedImage> All() =>
        [.. Directory.EnumerateFiles(_names, "*.json").Select(Load).OrderBy(image => image.Name, StringComparer.Ordinal)];

    string PathOf(ImageName name) => Path.Combine(_names, Digest.Of(Encoding.UTF8.GetBytes(name.ToString())).Hex + ".json");

    static NamedImage Load(string path)
    {
        var content = File.ReadAllBytes(path);
        if (content.Length > FileBytes)
            throw new InvalidDataException($"{path} is larger than {FileBytes} bytes");
        return ImageJson.Read(content, ImageJson.Default.NamedImage, path);
    }
}
