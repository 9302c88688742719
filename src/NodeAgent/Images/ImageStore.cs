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
    readonly SemaphoreSlim _door = new(1, 1);
    readonly TimeProvider _time;
    int _inWork;

    /// <summary>Opens or makes the store in a directory. The node's name is for messages.</summary>
    public ImageStore(string node, string directory, RegistryOptions registries, ImageLimits limits, TimeProvider? time = null)
    {
        _node = node;
        _time = time ?? TimeProvider.System;
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
        using var work = await BeginAsync(cancel);
        try
        {
            var name = ImageName.Parse(image);
            var manifest = await FindOrPullAsync(name, policy ?? DefaultPolicy(name), cancel);
            var content = ImageContent.Read(_blobs, manifest, _limits);
            var layers = await _layers.UnpackAsync(content, cancel);
            _names.Touch(name, _time.GetUtcNow());
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
        using var work = await BeginAsync(cancel);
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
        using var work = await BeginAsync(cancel);
        using var source = ImportSource.Open(path, _limits);
        IReadOnlyList<(ImageName Name, Digest Manifest)> found =
            await new ImageImport(source, _blobs, _limits).RunAsync(name is null ? null : ImageName.Parse(name), cancel);
        foreach (var (imported, manifest) in found)
        {
            // Read whole before it gets a name: an image that can't be run is not imported.
            ImageContent.Read(_blobs, manifest, _limits);
            _names.Set(imported, manifest, imported: true);
        }

        return [.. found.Select(image => (image.Name.ToString(), image.Manifest.ToString()))];
    }

    /// <summary>The names known here with their manifests.</summary>
    public IReadOnlyList<(string Name, string ManifestDigest)> List() => [.. _names.All().Select(image => (image.Name, image.ManifestDigest))];

    /// <summary>A path for an archive that is on its way here; swept away if it is left behind.</summary>
    internal string NewIncoming() => _blobs.NewIncoming();

    /// <summary>
    /// Removes images that no pod uses, those first that were used longest ago, until there is room enough. Imported ones stay: nobody else may have them. While an image is
    /// pulled or opened nothing is removed.
    /// </summary>
    /// <param name="used">The images of the pods here, by name and, of those that were started, by manifest.</param>
    /// <param name="before">Only what was last used before this.</param>
    /// <param name="enough">Whether there is room enough now.</param>
    /// <returns>The names of those that went; null when the store was in use.</returns>
    internal async Task<IReadOnlyList<string>?> CollectAsync(ImagesInUse used, DateTimeOffset before, Func<bool> enough, CancellationToken cancel)
    {
        await _door.WaitAsync(cancel);
        try
        {
            if (Volatile.Read(ref _inWork) > 0) return null;
            // The layers of a container that runs must never go: what can't be read can't be spared.
            if (used.Manifests.Where(manifest => !_blobs.Contains(manifest)).Select(manifest => (Digest?)manifest).FirstOrDefault() is { } lost)
                throw new ImageException(ImageFault.NotFound, $"node {_node}: the manifest {lost} of a container is gone, so it is not known which layers it needs");
            var images = _names.All().Select(image => (Name: ImageName.Parse(image.Name), Manifest: Digest.Parse(image.ManifestDigest), image.Imported)).ToList();
            foreach (var (name, _, _) in images.Where(image => used.Contains(image.Name, image.Manifest))) _names.Touch(name, _time.GetUtcNow());
            var unused = images.Where(image => !image.Imported && !used.Contains(image.Name, image.Manifest) && _names.LastUsed(image.Name) < before).OrderBy(image => _names.LastUsed(image.Name)).ToList();
            List<string> gone = [];
            foreach (var image in unused)
            {
                if (enough()) break;
                _names.Remove(image.Name);
                images.Remove(image);
                KeepOnly([.. images.Select(each => each.Manifest), .. used.Manifests]);
                gone.Add(image.Name.ToString());
            }

            return gone;
        }
        finally
        {
            _door.Release();
        }
    }

    void KeepOnly(IEnumerable<Digest> manifests)
    {
        var kept = manifests.Distinct().Where(_blobs.Contains).Select(manifest => ImageContent.Read(_blobs, manifest, _limits)).ToList();
        _layers.KeepOnly(kept.SelectMany(image => image.Layers));
        _blobs.KeepOnly(kept.SelectMany(image => image.Layers.Select(layer => layer.Blob).Append(image.Manifest).Append(image.Config)).Select(digest => digest.Hex).ToHashSet(StringComparer.Ordinal));
    }

    // Whoever removes images holds the door, so that nothing begins meanwhile.
    async Task<Work> BeginAsync(CancellationToken cancel)
    {
        await _door.WaitAsync(cancel);
        Interlocked.Increment(ref _inWork);
        _door.Release();
        return new Work(this);
    }

    readonly struct Work(ImageStore store) : IDisposable
    {
        public void Dispose() => Interlocked.Decrement(ref store._inWork);
    }

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
            _names.Set(name, manifest, imported: false);
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
        _door.Dispose();
        _layers.Dispose();
    }
}

/// <summary>An image ready to run: its content and its unpacked layers, lowest first.</summary>
sealed record LocalImage(ImageName Name, ImageContent Content, IReadOnlyList<string> Layers);
