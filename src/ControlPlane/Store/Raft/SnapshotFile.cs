using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The format of a snapshot: head (magic, index, term), compressed state, a checksum of each block of what is above and their number, foot
/// (length of the whole, XxHash128 of all before the hash). A file that was cut, extended or altered anywhere fails <see cref="Verify"/>,
/// which tells the first block that is not as it was. The first format had no checksums of blocks, and is still read.
/// </summary>
static class SnapshotFile
{
    const int HeadBytes = 24;
    const int FootBytes = 8 + 16;
    const int CopyBytes = 128 * 1024;

    /// <summary>Small enough to say where the damage is, large enough that the checksums are nothing beside the state.</summary>
    const int BlockBytes = 64 * 1024;

    static ReadOnlySpan<byte> Magic => "ORCHSNP2"u8;

    static ReadOnlySpan<byte> FirstMagic => "ORCHSNP1"u8;

    /// <summary>Writes, flushes to the disk and closes <paramref name="path"/>.</summary>
    /// <returns>The size of the state before it was compressed, in bytes.</returns>
    public static long Write(string path, long index, long term, Action<Stream> state)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, CopyBytes);
        var hash = new XxHash128();
        var stateBytes = 0L;
        var blocks = new BlockHashes(BlockBytes);
        using (var hashing = new HashingStream(file, hash, blocks))
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            Magic.CopyTo(head);
            BinaryPrimitives.WriteInt64LittleEndian(head[8..], index);
            BinaryPrimitives.WriteInt64LittleEndian(head[16..], term);
            hashing.Write(head);

            // Small enough to be sent within one Raft request; speed matters more than the last percent.
            using (var compressed = new CountingStream(new BrotliStream(hashing, CompressionLevel.Fastest, leaveOpen: true)))
            {
                state(compressed);
                stateBytes = compressed.Bytes;
            }

            hashing.Write(blocks.Table());
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, file.Position + FootBytes);
            hashing.Write(length);
        }

        Span<byte> digest = stackalloc byte[16];
        hash.GetCurrentHash(digest);
        file.Write(digest);
        Failpoints.Reach(Failpoint.SnapshotFlushing);
        file.Flush(flushToDisk: true);
        return stateBytes;
    }

    /// <summary>Reads the whole file and returns the index and term it was taken at.</summary>
    /// <exception cref="CorruptSnapshotException">It is not exactly what <see cref="Write"/> wrote.</exception>
    public static (long Index, long Term, long Bytes) Verify(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
        if (file.Length < HeadBytes + FootBytes)
        {
            throw new CorruptSnapshotException(path, $"it has {file.Length} bytes, less than an empty one");
        }

        Span<byte> head = stackalloc byte[HeadBytes];
        file.ReadExactly(head);
        var first = head[..8].SequenceEqual(FirstMagic);
        if (!first && !head[..8].SequenceEqual(Magic)) throw new CorruptSnapshotException(path, "it does not begin as a snapshot does, at offset 0");

        var hash = new XxHash128();
        hash.Append(head);
        var buffer = new byte[CopyBytes];
        for (var rest = file.Length - HeadBytes - FootBytes; rest > 0;)
        {
            var read = file.Read(buffer.AsSpan(0, (int)long.Min(rest, buffer.Length)));
            if (read == 0)
            {
                throw new CorruptSnapshotException(path, "it became shorter while it was read");
            }

            hash.Append(buffer.AsSpan(0, read));
            rest -= read;
        }

        Span<byte> foot = stackalloc byte[FootBytes];
        file.ReadExactly(foot);
        var length = BinaryPrimitives.ReadInt64LittleEndian(foot);
        if (length != file.Length)
        {
            throw new CorruptSnapshotException(path, $"it has {file.Length} bytes and should have {length}");
        }

        hash.Append(foot[..8]);
        Span<byte> digest = stackalloc byte[16];
        hash.GetCurrentHash(digest);
        if (!digest.SequenceEqual(foot[8..]))
        {
            throw new CorruptSnapshotException(path, first ? "its checksum does not match" : WhereDamaged(file));
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(head[8..]), BinaryPrimitives.ReadInt64LittleEndian(head[16..]), length);
    }

    /// <summary>Gives the state inside a verified file to <paramref name="load"/>.</summary>
    public static void Read(string path, Action<Stream> load)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, CopyBytes);
        file.Position = HeadBytes;
        using var state = new BrotliStream(new Slice(file, StateEnd(file) - HeadBytes), CompressionMode.Decompress);
        load(state);
    }

    /// <summary>Where the state ends and the table of the blocks begins. Leaves the file where it stood.</summary>
    static long StateEnd(FileStream file)
    {
        Span<byte> magic = stackalloc byte[8];
        Span<byte> count = stackalloc byte[4];
        RandomAccess.Read(file.SafeFileHandle, magic, 0);
        var foot = file.Length - FootBytes;
        if (magic.SequenceEqual(FirstMagic)) return foot;
        RandomAccess.Read(file.SafeFileHandle, count, foot - 4);
        return foot - 4 - (8L * BinaryPrimitives.ReadUInt32LittleEndian(count));
    }

    static string WhereDamaged(FileStream file)
    {
        const string Foot = "its checksums themselves do not match";
        var end = StateEnd(file);
        if (end < HeadBytes || end != long.Min(end, file.Length)) return Foot;
        var blocks = new BlockHashes(BlockBytes);
        var buffer = new byte[BlockBytes];
        for (long at = 0; at < end; at += BlockBytes)
        {
            var block = buffer.AsSpan(0, (int)long.Min(BlockBytes, end - at));
            if (RandomAccess.Read(file.SafeFileHandle, block, at) < block.Length) return Foot;
            blocks.Append(block);
        }

        var kept = new byte[file.Length - FootBytes - end];
        RandomAccess.Read(file.SafeFileHandle, kept, end);
        var found = blocks.Table();
        for (var block = 0; block < kept.Length / 8 && block < found.Length / 8; block++)
        {
            if (!kept.AsSpan(block * 8, 8).SequenceEqual(found.AsSpan(block * 8, 8)))
                return $"its checksum does not match between offsets {(long)block * BlockBytes} and {long.Min(end, (block + 1L) * BlockBytes)}";
        }

        return Foot;
    }
}
