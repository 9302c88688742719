using System.Buffers.Binary;
using System.IO.Hashing;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Adds what is written to a running checksum on its way to the file. Does not own the file.
/// </summary>
sealed class HashingStream(Stream inner, NonCryptographicHashAlgorithm hash, BlockHashes blocks) : Stream
{
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        hash.Append(buffer);
        blocks.Append(buffer);
        inner.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>
/// A checksum (XxHash3) of each block of what goes by, to tell later where it is damaged.
/// </summary>
sealed class BlockHashes(int blockBytes)
{
    readonly List<ulong> _done = [];
    readonly XxHash3 _block = new();

    int _filled;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..int.Min(bytes.Length, blockBytes - _filled)];
            _block.Append(part);
            _filled += part.Length;
            bytes = bytes[part.Length..];
            if (_filled == blockBytes) Finish();
        }
    }

    /// <summary>The checksums in order, and their number.</summary>
    public byte[] Table()
    {
        if (_filled > 0) Finish();
        var table = new byte[(_done.Count * 8) + 4];
        for (var i = 0; i < _done.Count; i++) BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(i * 8), _done[i]);
        BinaryPrimitives.WriteInt32LittleEndian(table.AsSpan(_done.Count * 8), _done.Count);
        return table;
    }

    void Finish()
    {
        _done.Add(_block.GetCurrentHashAsUInt64());
        _block.Reset();
        _filled = 0;
    }
}

/// <summary>
/// Counts what is written to it. Owns the stream below.
/// </summary>
sealed class CountingStream(Stream inner) : Stream
{
    public long Bytes { get; private set; }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        Bytes += buffer.Length;
        inner.Write(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) inner.Dispose();
        base.Dispose(disposing);
    }
}

/// <summary>
/// The next <c>length</c> bytes of a file, after which it seems to end. Does not own the file.
/// </summary>
sealed class Slice(Stream inner, long length) : Stream
{
    long _left = length;

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => false;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override int Read(Span<byte> buffer)
    {
        var read = inner.Read(buffer[..(int)long.Min(buffer.Length, _left)]);
        _left -= read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
