using System.Security.Cryptography;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Content by digest in a directory. A blob is written beside, verified, flushed and only then renamed to its name,
/// so that whatever has a name is whole and right, also after a power cut.
/// </summary>
sealed class BlobStore
{
    const int CopyBytes = 128 * 1024;

    readonly string _blobs;
    readonly string _incoming;

    public BlobStore(string root)
    {
        _blobs = PrivateDirectory.Make(Path.Combine(root, "blobs", "sha256"));
        _incoming = PrivateDirectory.Make(Path.Combine(root, "incoming"));
    }

    public string NewIncoming() => Path.Combine(_incoming, Path.GetRandomFileName());

    public bool Contains(Digest digest) => File.Exists(PathOf(digest));

    public string PathOf(Digest digest) => Path.Combine(_blobs, digest.Hex);

    public FileStream Open(Digest digest) => new(PathOf(digest), FileMode.Open, FileAccess.Read, FileShare.Read, CopyBytes);

    /// <summary>Reads a small document and verifies it again: disks lie too.</summary>
    public byte[] Read(Digest digest, int limitBytes)
    {
        using var file = Open(digest);
        if (file.Length > limitBytes)
            throw new ImageException(ImageFault.Invalid, $"document {digest} is larger than {limitBytes} bytes");
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var found = Digest.Of(content);
        return found == digest ? content : throw Mismatch(digest, found);
    }

    /// <summary>Takes in content that must have this digest and, where it is known, this length.</summary>
    /// <exception cref="ImageException">It has another digest, is longer than allowed, or not as long as said.</exception>
    public async Task AddAsync(Digest digest, long? sizeBytes, long limitBytes, Stream content, CancellationToken cancel)
    {
        if (Contains(digest))
            return;
        var beside = NewIncoming();
        try
        {
            using (FileStream file = new(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0))
            {
                var found = await CopyAsync(content, file, sizeBytes ?? limitBytes, digest, cancel);
                if (found != digest)
                    throw Mismatch(digest, found);
                if (sizeBytes is { } size && file.Length != size)
                    throw new ImageException(ImageFault.Invalid, $"content {digest} has {file.Length} bytes, not {size} as its manifest says");
                file.Flush(flushToDisk: true);
            }

            File.Move(beside, PathOf(digest), overwrite: true);
            PrivateDirectory.Flush(_blobs);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>Takes away all blobs but these.</summary>
    public void KeepOnly(IReadOnlySet<string> hexes)
    {
        foreach (var blob in Directory.EnumerateFiles(_blobs))
            if (!hexes.Contains(Path.GetFileName(blob))) File.Delete(blob);
    }

    /// <summary>Takes away what an interrupted run left half written.</summary>
    public void Sweep()
    {
        foreach (var left in Directory.EnumerateFiles(_incoming))
            File.Delete(left);
    }

    static async Task<Digest> CopyAsync(Stream from, FileStream to, long limitBytes, Digest digest, CancellationToken cancel)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[CopyBytes];
        long total = 0;
        while (true)
        {
            var read = await from.ReadAsync(buffer, cancel);
            if (read == 0)
                return Digest.FromHash(hash.GetHashAndReset());
            total += read;
            if (total > limitBytes)
                throw new ImageException(ImageFault.Invalid, $"content {digest} is longer than the {limitBytes} bytes it may have");
            hash.AppendData(buffer, 0, read);
            await to.WriteAsync(buffer.AsMemory(0, read), cancel);
        }
    }

    static ImageException Mismatch(Digest wanted, Digest found) =>
        new(ImageFault.Invalid, $"content does not match its digest: wanted {wanted}, got {found}");
}
