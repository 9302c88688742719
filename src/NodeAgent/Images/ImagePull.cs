using System.Runtime.InteropServices;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Brings one image from its registry into the blob store: name, index, manifest for this machine, configuration, layers.
/// </summary>
sealed class ImagePull(RegistryClient registry, BlobStore blobs, ImageLimits limits)
{
    const int ParallelBlobs = 3;
    const string Os = "linux";

    /// <summary>The architecture of this machine as images name it (Go's GOARCH).</summary>
    public static string Architecture { get; } = RuntimeInformation.OSArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.Arm64 => "arm64",
        var other => other.ToString().ToLowerInvariant(),
    };

    /// <summary>Pulls; afterwards everything the manifest names is in the store. Hands back its digest.</summary>
    public async Task<Digest> RunAsync(ImageName name, CancellationToken cancel)
    {
        var (digest, manifest) = await FindManifestAsync(name, cancel);
        List<(Digest Digest, long Size, long Limit)> wanted =
            [Wanted(manifest.Config, limits.ConfigBytes), .. (manifest.Layers ?? []).Select(layer => Wanted(layer, limits.LayerBytes))];
        if (wanted.Count > limits.Layers + 1)
            throw new ImageException(ImageFault.Invalid, $"image {name} has more than {limits.Layers} layers");
        await Parallel.ForEachAsync(wanted.DistinctBy(blob => blob.Digest),
            new ParallelOptions { MaxDegreeOfParallelism = ParallelBlobs, CancellationToken = cancel },
            async (blob, token) => await FetchAsync(name, blob.Digest, blob.Size, blob.Limit, token));
        return digest;
    }

    /// <summary>The entry of an index for this machine.</summary>
    public static Descriptor Choose(ManifestDocument index, string name) =>
        index.Manifests!.FirstOrDefault(entry => entry.Platform is { Os: Os } platform && platform.Architecture == Architecture)
        ?? index.Manifests!.FirstOrDefault(entry => entry.Platform is null && index.Manifests!.Count == 1)
        ?? throw new ImageException(ImageFault.NotFound, $"image {name} has no variant for {Os}/{Architecture}, only for "
            + string.Join(", ", index.Manifests!.Select(entry => $"{entry.Platform?.Os}/{entry.Platform?.Architecture}")));

    async Task<(Digest, ManifestDocument)> FindManifestAsync(ImageName name, CancellationToken cancel)
    {
        var reference = name.Reference;
        var wanted = name.Digest;
        for (var depth = 0; depth <= limits.IndexDepth; depth++)
        {
            var (content, servedAs) = await registry.GetManifestAsync(name, reference, cancel);
            var digest = Digest.Of(content);
            if (wanted is { } pinned && pinned != digest)
                throw new ImageException(ImageFault.Invalid, $"image {name}: content does not match its digest: wanted {pinned}, got {digest}");
            var document = ImageContent.ReadManifest(content, servedAs, digest);
            using (MemoryStream bytes = new(content))
                await blobs.AddAsync(digest, content.Length, limits.ManifestBytes, bytes, cancel);
            if (document.Manifests is null)
                return (digest, document);
            wanted = Digest.Parse(Choose(document, name.ToString()).Digest);
            reference = wanted.Value.ToString();
        }

        throw new ImageException(ImageFault.Invalid, $"image {name}: indexes are nested more than {limits.IndexDepth} deep");
    }

    async Task FetchAsync(ImageName name, Digest digest, long size, long limit, CancellationToken cancel)
    {
        if (size > limit)
            throw new ImageException(ImageFault.Invalid, $"image {name}: blob {digest} has {size} bytes, {limit} are allowed");
        if (blobs.Contains(digest))
            return;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var content = await registry.OpenBlobAsync(name, digest, cancel);
                await blobs.AddAsync(digest, size, limit, content, cancel);
                return;
            }
            catch (IOException e) when (e is not Syscalls.SyscallException && attempt < limits.Tries)
            {
                // The connection broke midway: begin again, nothing half was kept.
            }
            catch (IOException e) when (e is HttpIOException)
            {
                throw new ImageException(ImageFault.Unreachable, $"image {name}: blob {digest} broke off {attempt} times: {e.Message}", e);
            }
        }
    }

    static (Digest, long, long) Wanted(Descriptor? descriptor, long limit) =>
        (Digest.Parse(descriptor?.Digest), descriptor!.Size, limit);
}
