using System.Globalization;

namespace Orchestrator.Manifests.Text;

/// <summary>
/// What a plain YAML scalar means: the core schema of YAML 1.2, and the words that YAML 1.1 readers such as kubectl take for booleans,
/// and their octal numbers.
/// </summary>
static class Scalars
{
    /// <summary>Enough for 63 bits.</summary>
    const int LongestOctal = 22;

    static readonly HashSet<string> Nulls = new(StringComparer.Ordinal) { "", "~", "null", "Null", "NULL" };

    static readonly HashSet<string> Booleans = new(StringComparer.OrdinalIgnoreCase) { "true", "false", "yes", "no", "on", "off", "y", "n" };

    public static ScalarKind KindOf(string plain)
    {
        if (Nulls.Contains(plain)) return ScalarKind.Null;
        if (Booleans.Contains(plain)) return ScalarKind.Boolean;
        if (IsOctal(plain) || long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return ScalarKind.Integer;
        return char.IsAsciiDigit(plain[^1]) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? ScalarKind.Float
            : ScalarKind.Text;
    }

    /// <summary>The value of a scalar that reads as an integer: 0644 and 0o644 are octal, as modes of files are written, in YAML 1.1 and 1.2.</summary>
    public static long IntegerOf(string plain) => IsOctal(plain)
        ? plain.SkipWhile(each => each is '0' or 'o').Aggregate(0L, (value, digit) => (value * 8) + (digit - '0'))
        : long.Parse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    static bool IsOctal(string plain) =>
        plain.Length is > 1 and <= LongestOctal && plain[0] == '0' && plain[(plain[1] == 'o' ? 2 : 1)..] is { Length: > 0 } digits && digits.All(digit => digit is >= '0' and <= '7');

    /// <summary>The value of a scalar that reads as a boolean.</summary>
    public static bool BooleanOf(string plain) =>
        plain.Equals("true", StringComparison.OrdinalIgnoreCase)
        || plain.Equals("yes", StringComparison.OrdinalIgnoreCase)
        || plain.Equals("on", StringComparison.OrdinalIgnoreCase)
        || plain.Equals("y", StringComparison.OrdinalIgnoreCase);
}
