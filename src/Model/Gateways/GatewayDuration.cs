using System.Globalization;

namespace Orchestrator.Model.Gateways;

/// <summary>Durations as the Gateway API writes them: <c>1h30m</c>, <c>10s</c>, <c>500ms</c>. Source: GEP-2257.</summary>
public static class GatewayDuration
{
    const int MostParts = 4, MostDigits = 5;

    /// <returns>Null for what is no duration.</returns>
    public static TimeSpan? Parse(string text)
    {
        var (total, parts) = (TimeSpan.Zero, 0);
        var rest = text.AsSpan();
        while (rest.Length > 0)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > MostDigits || ++parts > MostParts) return null;
            var amount = int.Parse(rest[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
            rest = rest[digits..];
            var unit = rest[..Math.Min(rest.StartsWith("ms") ? 2 : 1, rest.Length)];
            if (Of(unit, amount) is not { } part) return null;
            total += part;
            rest = rest[unit.Length..];
        }

        return parts == 0 ? null : total;
    }

    static TimeSpan? Of(ReadOnlySpan<char> unit, int amount) => unit switch
    {
        "ms" => TimeSpan.FromMilliseconds(amount),
        "s" => TimeSpan.FromSeconds(amount),
        "m" => TimeSpan.FromMinutes(amount),
        "h" => TimeSpan.FromHours(amount),
        _ => null,
    };
}
