using System.Buffers.Binary;
using System.Text;

namespace Orchestrator.Runtime.Systemd;

enum BusMessageKind : byte
{
    Call = 1,
    Return = 2,
    Error = 3,
    Signal = 4,
}

/// <summary>A message that came over the bus, as far as it concerns us (D-Bus specification, "Message Format").</summary>
sealed record BusMessage(BusMessageKind Kind, uint ReplyTo, string Member, string ErrorName, byte[] Body)
{
    const byte LittleEndian = (byte)'l', Version = 1;
    const int Struct = 8; // what structures and the body are aligned to
    const byte Path = 1, Interface = 2, MemberField = 3, Error = 4, ReplySerial = 5, Destination = 6, SignatureField = 8;

    /// <summary>Header bytes before the fields, the fields' length included.</summary>
    public const int FixedBytes = 16;

    /// <summary>The largest message there may be (D-Bus specification): 128 MiB; nobody sends us the hundredth of it.</summary>
    const int MostBytes = 1 << 20;

    public static byte[] Call(uint serial, string destination, string path, string @interface, string member, string signature, ReadOnlySpan<byte> body)
    {
        var message = new BusWriter().Byte(LittleEndian).Byte((byte)BusMessageKind.Call).Byte(0).Byte(Version).UInt32((uint)body.Length).UInt32(serial);
        message.Array(Struct, fields =>
        {
            fields.Align(Struct).Byte(Path).Signature("o").String(path);
            fields.Align(Struct).Byte(Interface).Signature("s").String(@interface);
            fields.Align(Struct).Byte(MemberField).Signature("s").String(member);
            fields.Align(Struct).Byte(Destination).Signature("s").String(destination);
            if (signature.Length > 0) fields.Align(Struct).Byte(SignatureField).Signature("g").Signature(signature);
        });
        return message.Align(Struct).Bytes(body).Written.ToArray();
    }

    /// <summary>The length of the message that begins so; its first <see cref="FixedBytes"/> are enough to tell.</summary>
    /// <exception cref="BusException">It is not a message that we can read.</exception>
    public static int LengthOf(ReadOnlySpan<byte> beginning)
    {
        if (beginning[0] != LittleEndian || beginning[3] != Version) throw new BusException("a message in another order of bytes or of another version came");
        ulong body = BinaryPrimitives.ReadUInt32LittleEndian(beginning[4..]), fields = BinaryPrimitives.ReadUInt32LittleEndian(beginning[12..]);
        var length = (FixedBytes + fields + Struct - 1) / Struct * Struct + body;
        return length <= MostBytes ? (int)length : throw new BusException($"a message of {length} bytes came");
    }

    public static BusMessage Parse(ReadOnlySpan<byte> whole)
    {
        var message = new BusMessage((BusMessageKind)whole[1], 0, "", "", []);
        var end = FixedBytes + (int)BinaryPrimitives.ReadUInt32LittleEndian(whole[12..]);
        var reader = new BusReader(whole[..end], FixedBytes);
        while (reader.Position < end)
        {
            reader.Align(Struct);
            var field = reader.Byte();
            switch (reader.Signature())
            {
                case "s" or "o" when reader.String() is var text:
                    if (field == MemberField) message = message with { Member = text };
                    if (field == Error) message = message with { ErrorName = text };
                    break;
                case "g": reader.Signature(); break;
                case "u" when reader.UInt32() is var number:
                    if (field == ReplySerial) message = message with { ReplyTo = number };
                    break;
                case var other: throw new BusException($"a header field of type {other} came");
            }
        }

        return message with { Body = whole[((end + Struct - 1) / Struct * Struct)..].ToArray() };
    }
}

/// <summary>Reads what <see cref="BusWriter"/> writes.</summary>
ref struct BusReader(ReadOnlySpan<byte> bytes, int position = 0)
{
    readonly ReadOnlySpan<byte> _bytes = bytes;

    public int Position { get; private set; } = position;

    public void Align(int bytes) => Position = (Position + bytes - 1) / bytes * bytes;

    public byte Byte() => Take(1)[0];

    public uint UInt32()
    {
        Align(sizeof(uint));
        return BinaryPrimitives.ReadUInt32LittleEndian(Take(sizeof(uint)));
    }

    public string String() => Text(UInt32());

    public string Signature() => Text(Byte());

    string Text(uint length)
    {
        var text = Encoding.UTF8.GetString(Take(length));
        Take(1); // the closing zero
        return text;
    }

    ReadOnlySpan<byte> Take(uint count)
    {
        if (count > _bytes.Length - Position) throw new BusException("a message ends too early");
        Position += (int)count;
        return _bytes.Slice(Position - (int)count, (int)count);
    }
}

/// <summary>The bus or somebody on it did not do as it was asked.</summary>
class BusException(string message) : Exception("systemd: " + message);

/// <summary>An answer that is an error; Name as D-Bus has it.</summary>
sealed class BusErrorException(string name, string message) : BusException(message.Length > 0 ? message : name)
{
    public string Name { get; } = name;
}
