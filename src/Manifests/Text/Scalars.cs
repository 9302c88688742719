using System.Globalization;

namespace Orchestrator.Manifests.Text;

/// <summary>
/// What a plain YAML scalar means: the core schema of YAML 1.2, and the words that YAML 1.1 readers such as kubectl take for booleans.
/// </summary>
static class Scalars
{
    static readonly HashSet<string> Nulls = new(StringComparer.Ordinal) { "", "~", "null", "Null", "NULL" };

    static readonly HashSet<string> Booleans = new(StringComparer.OrdinalIgnoreCase) { "true", "false", "yes", "no", "on", "off", "y", "n" };

    public static ScalarKind KindOf(string plain)
    {
        if (Nulls.Contains(plain)) return ScalarKind.Null;
        if (Booleans.Contains(plain)) return ScalarKind.Boolean;
        if (long.TryParse(plain, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)) return ScalarKind.Integer;
        return char.IsAsciiDigit(plain[^1]) && double.TryParse(plain, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
            ? ScalarKind.Float
            : ScalarKind.Text;
    }

    /// <summary>The value of a scalar that reads as a boolean.</summary>
    public static bool BooleanOf(string plain) =>
        plain.Equals("true", StringComparison.OrdinalIgnoreCase)
        || plain.Equals("yes", StringComparison.OrdinalIgnoreCase)
        || plain.Equals("on", StringComparison.OrdinalIgnoreCase)
        || plain.Equals("y", StringComparison.OrdinalIgnoreCase);
}
