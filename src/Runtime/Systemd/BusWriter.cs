using System.Buffers.Binary;
using System.Text;

namespace Orchestrator.Runtime.Systemd;

/// <summary>Writes values as D-Bus marshals them, little-endian (D-Bus specification, "Marshaling (Wire Format)").</summary>
sealed class BusWriter
{
    byte[] _bytes = new byte[512];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Length);

    public BusWriter Align(int bytes)
    {
        Take((bytes - Length % bytes) % bytes).Clear();
        return this;
    }

    public BusWriter Byte(byte value)
    {
        Take(1)[0] = value;
        return this;
    }

    public BusWriter Bool(bool value) => UInt32(value ? 1u : 0);

    public BusWriter UInt32(uint value)
    {
        Align(sizeof(uint));
        BinaryPrimitives.WriteUInt32LittleEndian(Take(sizeof(uint)), value);
        return this;
    }

    public BusWriter UInt64(ulong value)
    {
        Align(sizeof(ulong));
        BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);
        return this;
    }

    /// <summary>A string, or the path of an object.</summary>
    public BusWriter String(string text)
    {
        UInt32((uint)Encoding.UTF8.GetByteCount(text));
        return Text(text);
    }

    public BusWriter Signature(string types)
    {
        Byte((byte)types.Length);
        return Text(types);
    }

    /// <summary>An array whose elements begin at multiples of so many bytes.</summary>
    public BusWriter Array(int alignment, Action<BusWriter> elements)
    {
        UInt32(0);
        var place = Length - sizeof(uint);
        Align(alignment);
        var first = Length;
        elements(this);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(place), (uint)(Length - first));
        return this;
    }

    public BusWriter Bytes(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    BusWriter Text(string text)
    {
        Encoding.UTF8.GetBytes(text, Take(Encoding.UTF8.GetByteCount(text)));
        return Byte(0);
    }

    Span<byte> Take(int count)
    {
        if (Length + count > _bytes.Length) System.Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Length + count));
        Length += count;
        return _bytes.AsSpan(Length - count, count);
    }
}
