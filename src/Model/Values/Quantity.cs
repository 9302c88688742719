using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Orchestrator.Model.Values;

/// <summary>
/// An amount of a resource, as Kubernetes writes it: <c>500m</c>, <c>1.5</c>, <c>64Mi</c>, <c>2G</c>, <c>1e3</c>. Keeps its notation, so that it
/// reads back as it was meant. Source: apimachinery's resource.Quantity serialisation format.
/// </summary>
[JsonConverter(typeof(QuantityConverter))]
public readonly record struct Quantity : IComparable<Quantity>
{
    static readonly (string Suffix, decimal Factor)[] Binary =
        [("Ki", 1024m), ("Mi", 1048576m), ("Gi", 1073741824m), ("Ti", 1099511627776m), ("Pi", 1125899906842624m), ("Ei", 1152921504606846976m)];

    static readonly (string Suffix, decimal Factor)[] Decimal =
        [("n", 1e-9m), ("u", 1e-6m), ("m", 1e-3m), ("k", 1e3m), ("M", 1e6m), ("G", 1e9m), ("T", 1e12m), ("P", 1e15m), ("E", 1e18m)];

    /// <summary>The amount in whole units: cores for cpu, bytes for memory.</summary>
    public decimal Value { get; }

    readonly bool _binary;

    Quantity(decimal value, bool binary) => (Value, _binary) = (value, binary);

    public static Quantity FromMillicores(long millicores) => new(millicores / 1000m, binary: false);

    public static Quantity FromBytes(long bytes) => new(bytes, binary: true);

    public static Quantity FromCount(long count) => new(count, binary: false);

    /// <summary>The amount in thousandths, rounded up: millicores for cpu.</summary>
    public long Millis => RoundUp(Value * 1000m);

    /// <summary>The amount in whole units, rounded up: bytes for memory.</summary>
    public long Units => RoundUp(Value);

    /// <summary>Reads a quantity. False for anything Kubernetes would refuse, such as <c>10Gb</c> or <c>1 Gi</c>.</summary>
    public static bool TryParse(string? text, out Quantity quantity)
    {
        quantity = default;
        if (string.IsNullOrEmpty(text)) return false;
        var digits = 0;
        while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] is '.' || (digits == 0 && text[digits] is '+' or '-')))
            digits++;
        if (!decimal.TryParse(text.AsSpan(0, digits), NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        var suffix = text[digits..];
        if (suffix.Length == 0) return Made(number, 1m, binary: false, out quantity);
        foreach (var (name, factor) in Binary)
            if (name == suffix) return Made(number, factor, binary: true, out quantity);
        foreach (var (name, factor) in Decimal)
            if (name == suffix) return Made(number, factor, binary: false, out quantity);
        if (suffix[0] is 'e' or 'E' && int.TryParse(suffix.AsSpan(1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var exponent) && Math.Abs(exponent) <= 18)
            return Made(number, exponent >= 0 ? PowerOfTen(exponent) : 1m / PowerOfTen(-exponent), binary: false, out quantity);
        return false;
    }

    /// <exception cref="FormatException">The text is not a quantity.</exception>
    public static Quantity Parse(string text) =>
        TryParse(text, out var quantity) ? quantity : throw new FormatException($"'{text}' is not a quantity such as 500m, 2 or 64Mi");

    public int CompareTo(Quantity other) => Value.CompareTo(other.Value);

    public bool Equals(Quantity other) => Value == other.Value;

    public override int GetHashCode() => Value.GetHashCode();

    public static bool operator <(Quantity left, Quantity right) => left.Value < right.Value;
    public static bool operator >(Quantity left, Quantity right) => left.Value > right.Value;
    public static bool operator <=(Quantity left, Quantity right) => left.Value <= right.Value;
    public static bool operator >=(Quantity left, Quantity right) => left.Value >= right.Value;
    public static Quantity operator +(Quantity left, Quantity right) => new(left.Value + right.Value, left._binary || right._binary);
    public static Quantity operator -(Quantity left, Quantity right) => new(left.Value - right.Value, left._binary || right._binary);

    /// <summary>The shortest form that loses nothing, in the notation it was written in.</summary>
    public override string ToString()
    {
        if (Value == 0) return "0";
        if (_binary)
        {
            for (var i = Binary.Length - 1; i >= 0; i--)
                if (Value % Binary[i].Factor == 0) return Plain(Value / Binary[i].Factor) + Binary[i].Suffix;
            if (Value == decimal.Truncate(Value)) return Plain(Value);
        }

        if (Value != decimal.Truncate(Value))
        {
            for (var i = 2; i >= 0; i--)
                if (Value % Decimal[i].Factor == 0) return Plain(Value / Decimal[i].Factor) + Decimal[i].Suffix;
            return Plain(Math.Ceiling(Value * 1e9m)) + "n";
        }

        for (var i = Decimal.Length - 1; i >= 3; i--)
            if (Value % Decimal[i].Factor == 0) return Plain(Value / Decimal[i].Factor) + Decimal[i].Suffix;
        return Plain(Value);
    }

    static bool Made(decimal number, decimal factor, bool binary, out Quantity quantity)
    {
        quantity = default;
        if (Math.Abs(number) > long.MaxValue / factor) return false;
        quantity = new Quantity(number * factor, binary);
        return true;
    }

    static decimal PowerOfTen(int exponent)
    {
        var power = 1m;
        for (var i = 0; i < exponent; i++) power *= 10m;
        return power;
    }

    static long RoundUp(decimal value) => value >= long.MaxValue ? long.MaxValue : (long)Math.Ceiling(value);

    static string Plain(decimal value) => decimal.Truncate(value).ToString("0", CultureInfo.InvariantCulture);
}

sealed class QuantityConverter : JsonConverter<Quantity>
{
    public override Quantity Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var text = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString(),
            JsonTokenType.Number => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
            _ => null,
        };
        return Quantity.TryParse(text, out var quantity) ? quantity : throw new JsonException($"'{text}' is not a quantity such as 500m, 2 or 64Mi");
    }

    public override void Write(Utf8JsonWriter writer, Quantity value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
}
