using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The format of a snapshot: head (magic, index, term), compressed state, foot (length of the whole, XxHash128 of all
/// before the hash). A file that was cut, extended or altered anywhere fails <see cref="Verify"/>.
/// </summary>
static class SnapshotFile
{
    const int HeadBytes = 24;
    const int FootBytes = 8 + 16;
    const int CopyBytes = 128 * 1024;

    static ReadOnlySpan<byte> Magic => "ORCHSNP1"u8;

    /// <summary>Writes, flushes to the disk and closes <paramref name="path"/>.</summary>
    /// <returns>The size of the state before it was compressed, in bytes.</returns>
    public static long Write(string path, long index, long term, Action<Stream> state)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, CopyBytes);
        var hash = new XxHash128();
        var stateBytes = 0L;
        using (var hashing = new HashingStream(file, hash))
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

            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, file.Position + FootBytes);
            hashing.Write(length);
        }

        Span<byte> digest = stackalloc byte[16];
        hash.GetCurrentHash(digest);
        file.Write(digest);
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
        if (!head[..8].SequenceEqual(Magic))
        {
            throw new CorruptSnapshotException(path, "it does not begin as a snapshot does");
        }

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
            throw new CorruptSnapshotException(path, "its checksum does not match");
        }

        return (BinaryPrimitives.ReadInt64LittleEndian(head[8..]), BinaryPrimitives.ReadInt64LittleEndian(head[16..]), length);
    }

    /// <summary>Gives the state inside a verified file to <paramref name="load"/>.</summary>
    public static void Read(string path, Action<Stream> load)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, CopyBytes);
        file.Position = HeadBytes;
        using var state = new BrotliStream(new Slice(file, file.Length - HeadBytes - FootBytes), CompressionMode.Decompress);
        load(state);
    }
}
