using System.IO.Compression;
using System.Security.Cryptography;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// A layer's tar bytes: decompressed by what the bytes are, hashed on the way, and cut off when they grow
/// beyond what the limits allow for their compressed length.
/// </summary>
sealed class UnpackStream : Stream
{
    const int DrainBytes = 64 * 1024;

    readonly Stream _source;
    readonly Stream _tar;
    readonly ImageLimits _limits;
    readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    long _produced;

    UnpackStream(Stream source, Stream tar, ImageLimits limits) => (_source, _tar, _limits) = (source, tar, limits);

    /// <summary>Opens a layer. Its media type is not asked: registries and tools disagree about it, the first bytes don't.</summary>
    public static UnpackStream Open(FileStream blob, ImageLimits limits)
    {
        Span<byte> magic = stackalloc byte[4];
        var read = blob.ReadAtLeast(magic, magic.Length, throwOnEndOfStream: false);
        blob.Position = 0;
        magic = magic[..read];
        Stream tar = magic switch
        {
            [0x1f, 0x8b, ..] => new GZipStream(blob, CompressionMode.Decompress),
            [0x28, 0xb5, 0x2f, 0xfd] => new ZstdSharp.DecompressionStream(blob),
            _ => blob,
        };
        return new UnpackStream(blob, tar, limits);
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Reads what stands behind the archive's end and hands back the digest of it all.</summary>
    public Digest Finish()
    {
        var scratch = new byte[DrainBytes];
        while (Read(scratch) > 0)
        {
        }

        return Digest.FromHash(_hash.GetHashAndReset());
    }

    public override int Read(Span<byte> buffer)
    {
        int read;
        try
        {
            read = _tar.Read(buffer);
        }
        catch (Exception e) when (e is InvalidDataException or ZstdSharp.ZstdException)
        {
            throw new ImageException(ImageFault.Invalid, $"layer can't be decompressed: {e.Message}", e);
        }

        _hash.AppendData(buffer[..read]);
        _produced += read;
        if (_produced > _limits.UnpackedBytes)
            throw new ImageException(ImageFault.Invalid, $"layer unpacks to more than {_limits.UnpackedBytes} bytes");
        if (_produced > _limits.RatioFreeBytes && _produced / _limits.Ratio > _source.Length)
            throw new ImageException(ImageFault.Invalid, $"layer of {_source.Length} bytes unpacks to more than {_limits.Ratio} times its length");
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _tar.Dispose();
            _source.Dispose();
            _hash.Dispose();
        }

        base.Dispose(disposing);
    }
}
