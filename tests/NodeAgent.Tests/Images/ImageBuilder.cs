using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace Orchestrator.NodeAgent.Tests.Images;

/// <summary>
/// Builds a small image as an OCI layout directory: layers from entries or bytes, a configuration, an index.
/// </summary>
sealed class ImageBuilder
{
    const string BusyboxPath = "/bin/busybox";

    readonly List<(byte[] Blob, byte[] Tar, string MediaType)> _layers = [];

    public JsonObject Config { get; } = new() { ["Env"] = new JsonArray("PATH=/bin"), ["Cmd"] = new JsonArray("/bin/sh") };

    /// <summary>busybox with the commands tests need.</summary>
    public static ImageBuilder Busybox()
    {
        ImageBuilder builder = new();
        return builder.Layer(tar =>
        {
            tar.Directory("bin/");
            tar.File("bin/busybox", File.ReadAllBytes(BusyboxPath), mode: 0x1ED);
            foreach (var name in (string[])["sh", "sleep", "cat", "ls", "id", "httpd", "wget", "echo", "touch", "hostname", "kill", "true", "false", "ip", "ping"])
                tar.Link("bin/" + name, "busybox");
            tar.Directory("etc/");
            tar.File("etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"u8.ToArray());
            tar.File("etc/group", "root:x:0:\napp:x:1000:\nstaff:x:50:app\n"u8.ToArray());
            tar.Directory("tmp/", 0x3FF);
        });
    }

    public ImageBuilder Layer(Action<TarBytes> content, bool gzip = true) => Layer(TarBytes.Make(content), gzip);

    public ImageBuilder Layer(byte[] tar, bool gzip = true)
    {
        _layers.Add((gzip ? Gzip(tar) : tar, tar, gzip ? "application/vnd.oci.image.layer.v1.tar+gzip" : "application/vnd.oci.image.layer.v1.tar"));
        return this;
    }

    public ImageBuilder ZstdLayer(Action<TarBytes> content)
    {
        var tar = TarBytes.Make(content);
        using ZstdSharp.Compressor compressor = new();
        _layers.Add((compressor.Wrap(tar).ToArray(), tar, "application/vnd.oci.image.layer.v1.tar+zstd"));
        return this;
    }

    /// <summary>Writes the layout and hands back the manifest's digest.</summary>
    public string WriteLayout(string directory, string? name = null)
    {
        Dictionary<string, byte[]> blobs = [];
        var manifest = Add(blobs, Manifest(blobs));
        JsonObject entry = new() { ["mediaType"] = "application/vnd.oci.image.manifest.v1+json", ["digest"] = manifest, ["size"] = blobs[manifest].Length };
        if (name is not null)
            entry["annotations"] = new JsonObject { ["org.opencontainers.image.ref.name"] = name };
        var blobDirectory = Path.Combine(directory, "blobs", "sha256");
        Directory.CreateDirectory(blobDirectory);
        foreach (var (digest, blob) in blobs)
            File.WriteAllBytes(Path.Combine(blobDirectory, digest["sha256:".Length..]), blob);
        File.WriteAllText(Path.Combine(directory, "oci-layout"), """{"imageLayoutVersion":"1.0.0"}""");
        File.WriteAllText(Path.Combine(directory, "index.json"), new JsonObject { ["schemaVersion"] = 2, ["manifests"] = new JsonArray(entry) }.ToJsonString());
        return manifest;
    }

    /// <summary>The manifest, with what it names put among the blobs.</summary>
    public byte[] Manifest(Dictionary<string, byte[]> blobs)
    {
        JsonArray diffIds = [];
        JsonArray layers = [];
        foreach ((var blob, var tar, var mediaType) in _layers)
        {
            diffIds.Add(DigestOf(tar));
            layers.Add(new JsonObject { ["mediaType"] = mediaType, ["digest"] = Add(blobs, blob), ["size"] = blob.Length });
        }

        var config = Utf8(new JsonObject
        {
            ["architecture"] = "amd64",
            ["os"] = "linux",
            ["config"] = Config.DeepClone(),
            ["rootfs"] = new JsonObject { ["type"] = "layers", ["diff_ids"] = diffIds },
        });
        return Utf8(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = "application/vnd.oci.image.manifest.v1+json",
            ["config"] = new JsonObject { ["mediaType"] = "application/vnd.oci.image.config.v1+json", ["digest"] = Add(blobs, config), ["size"] = config.Length },
            ["layers"] = layers,
        });
    }

    public static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    public static string Add(Dictionary<string, byte[]> blobs, byte[] blob)
    {
        var digest = DigestOf(blob);
        blobs[digest] = blob;
        return digest;
    }

    static byte[] Utf8(JsonObject json) => Encoding.UTF8.GetBytes(json.ToJsonString());
}

/// <summary>Writes tar archives, hostile ones among them.</summary>
sealed class TarBytes : IDisposable
{
    readonly MemoryStream _bytes = new();
    readonly TarWriter _writer;

    TarBytes() => _writer = new TarWriter(_bytes, TarEntryFormat.Pax, leaveOpen: true);

    public static byte[] Make(Action<TarBytes> content)
    {
        using TarBytes tar = new();
        content(tar);
        // Its disposal writes the end of the archive.
        tar._writer.Dispose();
        return tar._bytes.ToArray();
    }

    public void Dispose()
    {
        _writer.Dispose();
        _bytes.Dispose();
    }

    public TarBytes Directory(string name, int mode = 0x1ED) => Add(new PaxTarEntry(TarEntryType.Directory, name) { Mode = (UnixFileMode)mode });

    public TarBytes File(string name, byte[] content, int mode = 0x1A4, int uid = 0) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = (UnixFileMode)mode, Uid = uid });

    public TarBytes File(string name, string content) => File(name, Encoding.UTF8.GetBytes(content));

    public TarBytes Link(string name, string target) => Add(new PaxTarEntry(TarEntryType.SymbolicLink, name) { LinkName = target });

    public TarBytes HardLink(string name, string target) => Add(new PaxTarEntry(TarEntryType.HardLink, name) { LinkName = target });

    public TarBytes Device(string name, int major, int minor) =>
        Add(new PaxTarEntry(TarEntryType.CharacterDevice, name) { DeviceMajor = major, DeviceMinor = minor });

    public TarBytes WithXattr(string name, string key, string value) =>
        Add(new PaxTarEntry(TarEntryType.RegularFile, name, new Dictionary<string, string> { ["SCHILY.xattr." + key] = value }) { DataStream = new MemoryStream() });

    TarBytes Add(TarEntry entry)
    {
        _writer.WriteEntry(entry);
        return this;
    }
}
