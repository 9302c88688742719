using System.Text;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// Reads a tar archive of unknown origin: ustar, PAX and GNU long names, every field and length checked, nothing
/// buffered that the archive chooses the size of. Not read: sparse files, multi-volume archives.
/// </summary>
sealed class TarStream(Stream archive)
{
    const int BlockBytes = 512;
    // PATH_MAX is 4,096; extended attributes may fill 64 KiB each. More than this is not metadata.
    const int ExtensionBytes = 1024 * 1024;
    const int PathBytes = 4096;

    readonly byte[] _block = new byte[BlockBytes];
    long _unread;
    long _padding;

    /// <summary>The next entry; null at the archive's end. Content not read is skipped.</summary>
    public TarHeader? Next()
    {
        PaxRecords? pax = null;
        string? longName = null;
        string? longLink = null;
        while (true)
        {
            SkipContent();
            if (!ReadBlock())
                return null;
            var block = TarBlock.Parse(_block);
            switch (block.Type)
            {
                case (byte)'x':
                    pax = PaxRecords.Parse(ReadExtension(block.SizeBytes));
                    break;
                case (byte)'g':
                    // Global records hold comments (git archive); names and owners in them have no use in a layer.
                    ReadExtension(block.SizeBytes);
                    break;
                case (byte)'L':
                    longName = LongText(block.SizeBytes);
                    break;
                case (byte)'K':
                    longLink = LongText(block.SizeBytes);
                    break;
                default:
                    return Entry(block, pax, longName, longLink);
            }
        }
    }

    /// <summary>Reads content of the current entry; 0 at its end.</summary>
    public int Read(Span<byte> buffer)
    {
        if (_unread == 0)
            return 0;
        var read = archive.Read(buffer[..(int)Math.Min(buffer.Length, _unread)]);
        if (read == 0)
            throw Bad("it ends within a file");
        _unread -= read;
        return read;
    }

    TarHeader Entry(TarBlock block, PaxRecords? pax, string? longName, string? longLink)
    {
        var kind = block.Type switch
        {
            0 or (byte)'0' or (byte)'7' => TarKind.File,
            (byte)'1' => TarKind.HardLink,
            (byte)'2' => TarKind.SymbolicLink,
            (byte)'3' => TarKind.CharacterDevice,
            (byte)'4' => TarKind.BlockDevice,
            (byte)'5' => TarKind.Directory,
            (byte)'6' => TarKind.Fifo,
            var other => throw Bad($"entry type 0x{other:x2} is not supported"),
        };
        var path = pax?.Text("path") ?? longName ?? block.Path;
        // Before POSIX a directory was a file whose name ends in a slash.
        if (kind == TarKind.File && path.EndsWith('/'))
            kind = TarKind.Directory;
        var size = pax?.Number("size") ?? block.SizeBytes;
        var hasContent = kind == TarKind.File;
        SetContent(hasContent ? size : 0);
        return new TarHeader(kind, Name(path), Name(pax?.Text("linkpath") ?? longLink ?? block.LinkTarget),
            block.Mode & 0xFFF, Owner(pax?.Number("uid") ?? block.Uid), Owner(pax?.Number("gid") ?? block.Gid), hasContent ? size : 0)
        {
            ModifiedSeconds = pax?.Seconds("mtime") ?? block.ModifiedSeconds,
            DeviceMajor = block.DeviceMajor,
            DeviceMinor = block.DeviceMinor,
            Xattrs = pax?.Xattrs ?? (IReadOnlyDictionary<string, byte[]>)System.Collections.Frozen.FrozenDictionary<string, byte[]>.Empty,
        };
    }

    void SetContent(long size)
    {
        if (size < 0)
            throw Bad("a size is negative");
        _unread = size;
        _padding = (BlockBytes - (size % BlockBytes)) % BlockBytes;
    }

    void SkipContent()
    {
        Span<byte> scratch = stackalloc byte[4096];
        for (var left = _unread + _padding; left > 0;)
        {
            var read = archive.Read(scratch[..(int)Math.Min(scratch.Length, left)]);
            if (read == 0)
                throw Bad("it ends within a file");
            left -= read;
        }

        _unread = _padding = 0;
    }

    // True: a header. False: the end, which is two blocks of zeros, or a plain end of file as some writers leave it.
    bool ReadBlock()
    {
        var zeros = 0;
        while (true)
        {
            var read = archive.ReadAtLeast(_block, BlockBytes, throwOnEndOfStream: false);
            if (read == 0)
                return false;
            if (read < BlockBytes)
                throw Bad("it ends within a header");
            if (_block.AsSpan().ContainsAnyExcept((byte)0))
                return true;
            if (++zeros == 2)
                return false;
        }
    }

    byte[] ReadExtension(long size)
    {
        if (size < 0 || size > ExtensionBytes)
            throw Bad($"an extension header has {size} bytes; {ExtensionBytes} are allowed");
        var data = new byte[size];
        SetContent(size);
        for (var filled = 0; filled < data.Length;)
            filled += Read(data.AsSpan(filled));
        return data;
    }

    string LongText(long size)
    {
        ReadOnlySpan<byte> data = ReadExtension(size);
        var nul = data.IndexOf((byte)0);
        return Encoding.UTF8.GetString(nul < 0 ? data : data[..nul]);
    }

    static string Name(string text) => text.Length <= PathBytes && !text.Contains('\0', StringComparison.Ordinal)
        ? text : throw Bad("a name is too long or holds a NUL");

    static uint Owner(long id) => id is >= 0 and < uint.MaxValue ? (uint)id : throw Bad($"an owner is {id}");

    static ImageException Bad(string why) => new(ImageFault.Invalid, $"layer's tar is not readable: {why}");
}
