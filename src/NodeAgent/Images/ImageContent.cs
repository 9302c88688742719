namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// An image read and checked: its manifest's digest, its layers in order, and how it wants its process started.
/// </summary>
sealed record ImageContent
{
    /// <summary>The digest of the manifest for this platform: what "imageID" shows.</summary>
    public required Digest Manifest { get; init; }

    /// <summary>The digest of its configuration.</summary>
    public required Digest Config { get; init; }

    public required IReadOnlyList<ImageLayer> Layers { get; init; }

    public required ProcessDefaults Process { get; init; }

    public static ImageContent Read(BlobStore blobs, Digest manifestDigest, ImageLimits limits)
    {
        var manifest = ReadManifest(blobs.Read(manifestDigest, limits.ManifestBytes), null, manifestDigest);
        var configDigest = Digest.Parse(manifest.Config?.Digest);
        var config = ImageJson.Read(blobs.Read(configDigest, limits.ConfigBytes), ImageJson.Default.ConfigDocument, $"configuration {configDigest}");
        var layers = manifest.Layers ?? [];
        var diffIds = config.Rootfs?.DiffIds ?? [];
        if (layers.Count != diffIds.Count)
            throw new ImageException(ImageFault.Invalid, $"image {manifestDigest} has {layers.Count} layers but {diffIds.Count} diff ids");
        if (layers.Count == 0 || layers.Count > limits.Layers)
            throw new ImageException(ImageFault.Invalid, $"image {manifestDigest} has {layers.Count} layers; 1 to {limits.Layers} are allowed");

        List<ImageLayer> read = [];
        for (var i = 0; i < layers.Count; i++)
        {
            var diffId = Digest.Parse(diffIds[i]);
            var chain = i == 0 ? diffId : Digest.Of(System.Text.Encoding.ASCII.GetBytes($"{read[i - 1].ChainId} {diffId}"));
            read.Add(new ImageLayer(Digest.Parse(layers[i].Digest), layers[i].Size, diffId, chain));
        }

        return new ImageContent { Manifest = manifestDigest, Config = configDigest, Layers = read, Process = config.Config ?? new ProcessDefaults() };
    }

    /// <summary>
    /// Reads a manifest. A document that could be read as two kinds is refused (CVE-2021-41190), as is one whose
    /// own media type is not the one it was served with.
    /// </summary>
    public static ManifestDocument ReadManifest(byte[] content, string? servedAs, Digest digest)
    {
        var document = ImageJson.Read(content, ImageJson.Default.ManifestDocument, $"manifest {digest}");
        var type = document.MediaType ?? servedAs ?? (document.Manifests is null ? MediaTypes.OciManifest : MediaTypes.OciIndex);
        if (document.MediaType is not null && servedAs is not null && document.MediaType != servedAs
            && (MediaTypes.IsIndex(servedAs) || MediaTypes.IsManifest(servedAs)))
            throw new ImageException(ImageFault.Invalid, $"manifest {digest} says it is {document.MediaType} but was served as {servedAs}");
        if (document.Manifests is not null && (document.Layers is not null || document.Config is not null))
            throw new ImageException(ImageFault.Invalid, $"manifest {digest} is both a manifest and an index");
        if (document.SchemaVersion != 2 || !(MediaTypes.IsIndex(type) || MediaTypes.IsManifest(type)))
            throw new ImageException(ImageFault.Invalid, $"manifest {digest} has a format that is not supported: {type}, schema {document.SchemaVersion}");
        if (MediaTypes.IsIndex(type) != (document.Manifests is not null))
            throw new ImageException(ImageFault.Invalid, $"manifest {digest} is not the {type} it says it is");
        return document;
    }
}

/// <summary>One layer: its blob, the digest of its unpacked tar, and the name of the stack up to it (config.md, "Layer ChainID").</summary>
sealed record ImageLayer(Digest Blob, long SizeBytes, Digest DiffId, Digest ChainId);
