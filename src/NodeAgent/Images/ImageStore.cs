using System.Collections.Concurrent;
using Orchestrator.Model.Pods;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The images of one node: names, content and unpacked layers under one directory. The door of this room.
/// </summary>
public sealed class ImageStore : IDisposable
{
    readonly string _node;
    readonly ImageLimits _limits;
    readonly BlobStore _blobs;
    readonly LayerStore _layers;
    readonly ImageNames _names;
    readonly RegistryClient _registry;
    readonly ConcurrentDictionary<string, SemaphoreSlim> _pulling = new();

    /// <summary>Opens or makes the store in a directory. The node's name is for messages.</summary>
    public ImageStore(string node, string directory, RegistryOptions registries, ImageLimits limits)
    {
        _node = node;
        _limits = limits;
        _blobs = new BlobStore(directory);
        _layers = new LayerStore(directory, _blobs, limits);
        _names = new ImageNames(directory);
        _registry = new RegistryClient(registries, limits);
    }

    /// <summary>
    /// Has the image here, pulled if the policy says so, and its layers unpacked.
    /// Null policy: Always for the tag "latest", else IfNotPresent.
    /// </summary>
    /// <exception cref="ImageException">It can't be had; the message names the node, the image and the cause.</exception>
    internal async Task<LocalImage> EnsureAsync(string image, ImagePullPolicy? policy, CancellationToken cancel)
    {
        try
        {
            var name = ImageName.Parse(image);
            var manifest = await FindOrPullAsync(name, policy ?? DefaultPolicy(name), cancel);
            var content = ImageContent.Read(_blobs, manifest, _limits);
            var layers = await _layers.UnpackAsync(content, cancel);
            return new LocalImage(name, content, layers);
        }
        catch (ImageException e)
        {
            throw new ImageException(e.Fault, $"node {_node}: {e.Message}", e);
        }
    }

    /// <summary>Opens an image that was pulled before, by its manifest.</summary>
    /// <exception cref="ImageException">Its content is not here or not right any more.</exception>
    internal async Task<LocalImage> OpenAsync(string image, Digest manifest, CancellationToken cancel)
    {
        if (!_blobs.Contains(manifest))
            throw new ImageException(ImageFault.NotFound, $"node {_node}: image {image} is gone from this node: no manifest {manifest}");
        var content = ImageContent.Read(_blobs, manifest, _limits);
        return new LocalImage(ImageName.Parse(image), content, await _layers.UnpackAsync(content, cancel));
    }

    /// <summary>Takes in an OCI layout (directory or tar) or a docker archive. Hands back the names it set.</summary>
    /// <param name="path">The directory or tar file on this machine.</param>
    /// <param name="name">The name to give the image; null takes the names the archive holds.</param>
    /// <param name="cancel">Ends the import; nothing half is kept.</param>
    /// <exception cref="ImageException">It is neither form, has no name, or its content is not what it says.</exception>
    public async Task<IReadOnlyList<(string Name, string Digest)>> ImportAsync(string path, string? name, CancellationToken cancel)
    {
        using var source = ImportSource.Open(path, _limits);
        IReadOnlyList<(ImageName Name, Digest Manifest)> found =
            await new ImageImport(source, _blobs, _limits).RunAsync(name is null ? null : ImageName.Parse(name), cancel);
        foreach (var (imported, manifest) in found)
        {
            // Read whole before it gets a name: an image that can't be run is not imported.
            ImageContent.Read(_blobs, manifest, _limits);
            _names.Set(imported, manifest);
        }

        return [.. found.Select(image => (image.Name.ToString(), image.Manifest.ToString()))];
    }

    /// <summary>The names known here with their manifests.</summary>
    public IReadOnlyList<(string Name, string ManifestDigest)> List() => [.. _names.All().Select(image => (image.Name, image.ManifestDigest))];

    /// <summary>A path for an archive that is on its way here; swept away if it is left behind.</summary>
    internal string NewIncoming() => _blobs.NewIncoming();

    /// <summary>Takes away what an interrupted run left half done. Only while nothing else uses the store.</summary>
    public void Sweep()
    {
        _blobs.Sweep();
        _layers.Sweep();
    }

    internal static ImagePullPolicy DefaultPolicy(ImageName name) =>
        name is { Digest: null, Tag: "latest" } ? ImagePullPolicy.Always : ImagePullPolicy.IfNotPresent;

    async Task<Digest> FindOrPullAsync(ImageName name, ImagePullPolicy policy, CancellationToken cancel)
    {
        if (policy != ImagePullPolicy.Always && _names.Find(name) is { } known)
            return known;
        if (policy == ImagePullPolicy.Never)
            throw new ImageException(ImageFault.NeverPulled, $"image {name} is not here and its pull policy is Never");

        var turn = _pulling.GetOrAdd(name.ToString(), _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(cancel);
        try
        {
            if (policy == ImagePullPolicy.IfNotPresent && _names.Find(name) is { } meanwhile)
                return meanwhile;
            var manifest = await new ImagePull(_registry, _blobs, _limits).RunAsync(name, cancel);
            _names.Set(name, manifest);
            return manifest;
        }
        finally
        {
            turn.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registry.Dispose();
        _layers.Dispose();
    }
}

/// <summary>An image ready to run: its content and its unpacked layers, lowest first.</summary>
sealed record LocalImage(ImageName Name, ImageContent Content, IReadOnlyList<string> Layers);
