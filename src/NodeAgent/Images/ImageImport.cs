using System.Security.Cryptography;
using System.Text.Json;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Brings the images of an archive into the blob store: an OCI layout (image-layout.md) or what "docker save" writes.
/// A docker archive has no manifest of its own, so one is made for it.
/// </summary>
sealed class ImageImport(ImportSource source, BlobStore blobs, ImageLimits limits)
{
    const string RefName = "org.opencontainers.image.ref.name";
    const string ContainerdName = "io.containerd.image.name";

    public async Task<IReadOnlyList<(ImageName, Digest)>> RunAsync(ImageName? name, CancellationToken cancel)
    {
        var found = source.Has("index.json") ? await LayoutAsync(cancel)
            : source.Has("manifest.json") ? await DockerAsync(cancel)
            : throw new ImageException(ImageFault.Invalid, "neither an OCI layout (index.json) nor a docker archive (manifest.json)");
        if (name is null)
            return [.. found.Select(image => (image.Item1 ?? throw new ImageException(ImageFault.BadName, $"image {image.Item2} has no name in the archive: give one"), image.Item2))];
        return found.Select(image => image.Item2).Distinct().ToList() switch
        {
            [var only] => [(name, only)],
            var many => throw new ImageException(ImageFault.BadName, $"the archive holds {many.Count} images, which can't all be named {name}"),
        };
    }

    async Task<IReadOnlyList<(ImageName?, Digest)>> LayoutAsync(CancellationToken cancel)
    {
        var index = ImageJson.Read(source.Read("index.json", limits.ManifestBytes), ImageJson.Default.ManifestDocument, "index.json");
        List<(ImageName?, Digest)> found = [];
        foreach (var entry in index.Manifests ?? [])
            found.Add((NameOf(entry), await ManifestAsync(Digest.Parse(entry.Digest), depth: 0, cancel)));
        return found;
    }

    async Task<Digest> ManifestAsync(Digest digest, int depth, CancellationToken cancel)
    {
        if (depth > limits.IndexDepth)
            throw new ImageException(ImageFault.Invalid, $"indexes are nested more than {limits.IndexDepth} deep");
        await CopyAsync(digest, null, limits.ManifestBytes, cancel);
        var document = ImageContent.ReadManifest(blobs.Read(digest, limits.ManifestBytes), null, digest);
        if (document.Manifests is not null)
            return await ManifestAsync(Digest.Parse(ImagePull.Choose(document, digest.ToString()).Digest), depth + 1, cancel);
        await CopyAsync(Digest.Parse(document.Config?.Digest), document.Config!.Size, limits.ConfigBytes, cancel);
        foreach (var layer in document.Layers ?? [])
            await CopyAsync(Digest.Parse(layer.Digest), layer.Size, limits.LayerBytes, cancel);
        return digest;
    }

    async Task CopyAsync(Digest digest, long? size, long limit, CancellationToken cancel)
    {
        if (blobs.Contains(digest))
            return;
        await using var content = source.OpenRead($"blobs/sha256/{digest.Hex}");
        await blobs.AddAsync(digest, size, limit, content, cancel);
    }

    async Task<IReadOnlyList<(ImageName?, Digest)>> DockerAsync(CancellationToken cancel)
    {
        var entries = ImageJson.Read(source.Read("manifest.json", limits.ManifestBytes), ImageJson.Default.ListDockerArchiveEntry, "manifest.json");
        List<(ImageName?, Digest)> found = [];
        foreach (var entry in entries)
        {
            var config = await AddFileAsync(entry.Config, "application/vnd.oci.image.config.v1+json", limits.ConfigBytes, cancel);
            List<Descriptor> layers = [];
            foreach (var layer in entry.Layers ?? [])
                layers.Add(await AddFileAsync(layer, "application/vnd.oci.image.layer.v1.tar", limits.LayerBytes, cancel));
            var manifest = JsonSerializer.SerializeToUtf8Bytes(
                new ManifestDocument { SchemaVersion = 2, MediaType = MediaTypes.OciManifest, Config = config, Layers = layers }, WithoutNulls.ManifestDocument);
            var digest = Digest.Of(manifest);
            using MemoryStream content = new(manifest);
            await blobs.AddAsync(digest, manifest.Length, limits.ManifestBytes, content, cancel);
            if (entry.RepoTags is { Count: > 0 } tags)
                found.AddRange(tags.Select(tag => ((ImageName?)ImageName.Parse(tag), digest)));
            else
                found.Add((null, digest));
        }

        return found;
    }

    // A present null would make the manifest ambiguous to other readers.
    static readonly ImageJson WithoutNulls = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
    });

    async Task<Descriptor> AddFileAsync(string? file, string mediaType, long limit, CancellationToken cancel)
    {
        if (file is null)
            throw new ImageException(ImageFault.Invalid, "manifest.json names no configuration");
        await using var content = source.OpenRead(file);
        var digest = Digest.FromHash(await SHA256.HashDataAsync(content, cancel));
        content.Position = 0;
        await blobs.AddAsync(digest, content.Length, limit, content, cancel);
        return new Descriptor(mediaType, digest.ToString(), content.Length);
    }

    static ImageName? NameOf(Descriptor entry)
    {
        if (entry.Annotations is null)
            return null;
        if (entry.Annotations.TryGetValue(ContainerdName, out var full))
            return ImageName.Parse(full);
        // The layout's own annotation may be a bare tag, which names nothing by itself.
        return entry.Annotations.TryGetValue(RefName, out var name) && name.AsSpan().ContainsAny('/', ':') ? ImageName.Parse(name) : null;
    }
}
