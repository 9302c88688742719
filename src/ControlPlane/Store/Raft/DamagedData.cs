using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Where a log is damaged; and the note of it, which keeps a server from being opened until it is rebuilt. The library checks its log when it is
/// opened, and an entry again when it is read, and says neither time which entry it is.
/// </summary>
static class DamagedData
{
    const string Note = "damaged";

    // DotNext.Net.Cluster 6.12.0: the metadata of an entry are 64 bytes in pages of 4 KiB, a file each: term, length, address, flags, and the
    // XxHash3 of the entry's data and of what stands before it. The checkpoint holds a version, the last committed index and the last index.
    const int EntryBytes = 64, EntriesInFile = 4096 / EntryBytes, LengthAt = 8, AddressAt = 16, HashAt = 32, HashBytes = 8, LastIndexAt = 12;

    /// <summary>Null when nothing was found damaged.</summary>
    public static CorruptLogException? Of(StoreOptions options)
    {
        var note = PathOf(options);
        return File.Exists(note) && File.ReadAllLines(note) is [var file, var why, ..] ? new CorruptLogException(file, why) : null;
    }

    /// <summary>Notes that an entry of the log is not what was written.</summary>
    public static CorruptLogException Noted(StoreOptions options, long index, Exception cause)
    {
        var (file, offset) = PlaceOf(options, index);
        var why = $"entry {index}, in {file} at offset {offset}, is not what was written ({cause.Message})";
        try
        {
            Write(options, file, why);
        }
        catch (IOException)
        {
            // A disk that takes no note: the entry is read, and found, again at the next start.
        }

        return new CorruptLogException(file, why);
    }

    public static void Write(StoreOptions options, string file, string why)
    {
        File.WriteAllLines(PathOf(options), [file, why]);
        DirectoryFlush.Flush(options.DataDirectory);
    }

    public static void Clear(StoreOptions options)
    {
        File.Delete(PathOf(options));
        DirectoryFlush.Flush(options.DataDirectory);
    }

    /// <summary>Looks for the entry that the library found damaged when it opened the log.</summary>
    /// <param name="afterIndex">The index of the snapshot: what stands before it is not looked at.</param>
    public static CorruptLogException Found(StoreOptions options, long afterIndex, Exception cause)
    {
        for (var index = afterIndex + 1; index <= LastIndex(options); index++)
        {
            if (IsWhole(options, index)) continue;
            var (file, offset) = PlaceOf(options, index);
            return new CorruptLogException(file, $"entry {index}, in {file} at offset {offset}, is not what was written ({cause.Message})");
        }

        return new CorruptLogException(Path.Combine(options.DataDirectory, "log"), cause.Message);
    }

    static bool IsWhole(StoreOptions options, long index)
    {
        var entry = new byte[EntryBytes];
        if (Read(MetadataOf(options, index), index % EntriesInFile * EntryBytes, entry) < EntryBytes) return false;
        var left = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(LengthAt));
        var at = BinaryPrimitives.ReadInt64LittleEndian(entry.AsSpan(AddressAt));
        if (left < 0 || left > int.MaxValue || at < 0) return false;
        var hash = new XxHash3();
        while (left > 0)
        {
            var part = new byte[long.Min(left, options.LogChunkBytes - (at % options.LogChunkBytes))];
            if (Read(DataOf(options, at), at % options.LogChunkBytes, part) < part.Length) return false;
            hash.Append(part);
            left -= part.Length;
            at += part.Length;
        }

        hash.Append(entry.AsSpan(0, HashAt));
        Span<byte> found = stackalloc byte[HashBytes];
        hash.GetHashAndReset(found);
        return found.SequenceEqual(entry.AsSpan(HashAt, HashBytes));
    }

    static (string File, long Offset) PlaceOf(StoreOptions options, long index)
    {
        var metadata = MetadataOf(options, index);
        var offset = index % EntriesInFile * EntryBytes;
        var address = new byte[8];
        if (Read(metadata, offset + AddressAt, address) < address.Length) return (metadata, offset);
        var at = BinaryPrimitives.ReadInt64LittleEndian(address);
        return at >= 0 && File.Exists(DataOf(options, at)) ? (DataOf(options, at), at % options.LogChunkBytes) : (metadata, offset);
    }

    static long LastIndex(StoreOptions options)
    {
        var last = new byte[8];
        return Read(Path.Combine(options.DataDirectory, "log", "checkpoint"), LastIndexAt, last) == last.Length ? BinaryPrimitives.ReadInt64LittleEndian(last) : 0;
    }

    static string MetadataOf(StoreOptions options, long index) => PageOf(options, "metadata", index / EntriesInFile);

    static string DataOf(StoreOptions options, long address) => PageOf(options, "data", address / options.LogChunkBytes);

    static string PageOf(StoreOptions options, string kind, long number) =>
        Path.Combine(options.DataDirectory, "log", kind, number.ToString(CultureInfo.InvariantCulture));

    /// <summary>How many bytes could be read; a file that is not there has none.</summary>
    static int Read(string path, long offset, byte[] bytes)
    {
        if (!File.Exists(path)) return 0;
        using var file = File.OpenHandle(path);
        return RandomAccess.Read(file, bytes, offset);
    }

    static string PathOf(StoreOptions options) => Path.Combine(options.DataDirectory, Note);
}
