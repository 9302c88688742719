using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Unpacked layers, one directory a chain id, shared by all containers as overlay lower directories.
/// A layer appears by a rename once it is whole and its diff id is verified.
/// </summary>
sealed class LayerStore : IDisposable
{
    // 128 bits of the chain id: no two layers meet, and a hundred names fit into one mount's options.
    const int NameLength = 32;

    readonly BlobStore _blobs;
    readonly ImageLimits _limits;
    readonly string _layers;
    readonly string _unpacking;
    readonly SemaphoreSlim _oneAtATime = new(1, 1);

    public LayerStore(string root, BlobStore blobs, ImageLimits limits)
    {
        _blobs = blobs;
        _limits = limits;
        _layers = PrivateDirectory.Make(Path.Combine(root, "layers"));
        _unpacking = PrivateDirectory.Make(Path.Combine(root, "unpacking"));
    }

    /// <summary>Unpacks the layers of an image that are not there yet; hands back their directories, lowest first.</summary>
    public async Task<IReadOnlyList<string>> UnpackAsync(ImageContent image, CancellationToken cancel)
    {
        List<string> directories = [];
        // One unpacking at a time: two cores and one disk gain nothing from more, and two pods often share layers.
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            foreach (var layer in image.Layers)
            {
                cancel.ThrowIfCancellationRequested();
                var directory = PathOf(layer);
                if (!Directory.Exists(directory))
                    Unpack(layer, directory);
                directories.Add(directory);
            }
        }
        finally
        {
            _oneAtATime.Release();
        }

        return directories;
    }

    /// <summary>Takes away all layers but these. None goes by halves: what has a name is whole.</summary>
    public void KeepOnly(IEnumerable<ImageLayer> layers)
    {
        var kept = layers.Select(PathOf).ToHashSet(StringComparer.Ordinal);
        foreach (var layer in Directory.EnumerateDirectories(_layers).Where(layer => !kept.Contains(layer)).ToList())
        {
            var beside = Path.Combine(_unpacking, Path.GetRandomFileName());
            Directory.Move(layer, beside);
            Directory.Delete(beside, recursive: true);
        }
    }

    /// <summary>Takes away what an interrupted run left half unpacked.</summary>
    public void Sweep()
    {
        foreach (var left in Directory.EnumerateDirectories(_unpacking))
            Directory.Delete(left, recursive: true);
    }

    string PathOf(ImageLayer layer) => Path.Combine(_layers, layer.ChainId.Hex[..NameLength]);

    void Unpack(ImageLayer layer, string directory)
    {
        var beside = Path.Combine(_unpacking, Path.GetRandomFileName());
        Directory.CreateDirectory(beside, (UnixFileMode)0x1ED);
        try
        {
            using (var tar = UnpackStream.Open(_blobs.Open(layer.Blob), _limits))
            using (LayerExtractor extractor = new(beside, _limits))
            {
                extractor.Extract(tar);
                var found = tar.Finish();
                if (found != layer.DiffId)
                    throw new ImageException(ImageFault.Invalid, $"layer {layer.Blob} unpacks to {found}, not to {layer.DiffId} as its image says");
            }

            Directory.Move(beside, directory);
            PrivateDirectory.Flush(_layers);
        }
        finally
        {
            if (Directory.Exists(beside))
                Directory.Delete(beside, recursive: true);
        }
    }

    public void Dispose() => _oneAtATime.Dispose();
}
