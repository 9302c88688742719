using System.Buffers.Binary;
using System.Text;

namespace Orchestrator.NodeAgent.Images;

/// <summary>
/// The 512 bytes of one tar header: fixed fields, checked (POSIX.1-1988 ustar; base-256 numbers as GNU tar writes them).
/// </summary>
readonly record struct TarBlock(byte Type, string Path, string LinkTarget, uint Mode, long Uid, long Gid, long SizeBytes,
    long ModifiedSeconds, uint DeviceMajor, uint DeviceMinor)
{
    const int ChecksumAt = 148;
    const int ChecksumBytes = 8;

    public static TarBlock Parse(ReadOnlySpan<byte> block)
    {
        VerifyChecksum(block);
        var posix = block.Slice(257, 6).SequenceEqual("ustar\0"u8);
        var name = Text(block[..100]);
        var prefix = posix ? Text(block.Slice(345, 155)) : "";
        return new TarBlock(block[156], prefix.Length == 0 ? name : $"{prefix}/{name}", Text(block.Slice(157, 100)),
            (uint)(Number(block.Slice(100, 8)) & 0xFFFF), Number(block.Slice(108, 8)), Number(block.Slice(116, 8)),
            Number(block.Slice(124, 12)), Number(block.Slice(136, 12)),
            (uint)(Number(block.Slice(329, 8)) & 0xFFFFF), (uint)(Number(block.Slice(337, 8)) & 0xFFFFF));
    }

    static void VerifyChecksum(ReadOnlySpan<byte> block)
    {
        long unsigned = 0, signed = 0;
        for (var i = 0; i < block.Length; i++)
        {
            var value = i is >= ChecksumAt and < ChecksumAt + ChecksumBytes ? (byte)' ' : block[i];
            unsigned += value;
            signed += (sbyte)value;
        }

        // Some old writers summed signed characters.
        var said = Number(block.Slice(ChecksumAt, ChecksumBytes));
        if (said != unsigned && said != signed)
            throw new ImageException(ImageFault.Invalid, "layer's tar is not readable: a header's checksum is wrong");
    }

    static string Text(ReadOnlySpan<byte> field)
    {
        var nul = field.IndexOf((byte)0);
        return Encoding.UTF8.GetString(nul < 0 ? field : field[..nul]);
    }

    static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
            return Base256(field);
        long value = 0;
        var any = false;
        foreach (var c in field)
        {
            if (c is >= (byte)'0' and <= (byte)'7')
            {
                value = (value << 3) | (uint)(c - '0');
                any = true;
            }
            else if (c is (byte)' ' or 0)
            {
                if (any)
                    break;
            }
            else
            {
                throw new ImageException(ImageFault.Invalid, "layer's tar is not readable: a number is not octal");
            }
        }

        return value;
    }

    static long Base256(ReadOnlySpan<byte> field)
    {
        Span<byte> low = stackalloc byte[8];
        var tail = field[^8..];
        tail.CopyTo(low);
        if (field.Length == 8)
            low[0] = (byte)((low[0] & 0x7F) | ((low[0] & 0x40) << 1));
        else if (field[1..^8].ContainsAnyExcept((byte)0) && field[1..^8].ContainsAnyExcept((byte)0xFF))
            throw new ImageException(ImageFault.Invalid, "layer's tar is not readable: a number is too large");
        return BinaryPrimitives.ReadInt64BigEndian(low);
    }
}
