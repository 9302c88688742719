using System.Globalization;

namespace Orchestrator.Model.History;

/// <summary>A moment in the cluster's past, as a person names it: a revision, a time, or so long ago.</summary>
/// <param name="Revision">Set when the moment is a revision.</param>
/// <param name="Time">Set when the moment is a time, in UTC: the last revision made until then is meant.</param>
public sealed record PointInTime(long? Revision, DateTimeOffset? Time)
{
    /// <summary>The forms that <see cref="TryParse"/> takes, for help and error texts.</summary>
    public const string Forms = "a revision (1234), so long ago (90s, 10m, 1h30m, 2d), a time of day (14:05) or a date and time (2026-03-01T14:05)";

    static readonly string[] TimesOfDay = ["H:mm", "H:mm:ss"];
    static readonly string[] Dates = ["yyyy-MM-dd", "yyyy-MM-ddTH:mm", "yyyy-MM-ddTH:mm:ss", "yyyy-MM-dd H:mm", "yyyy-MM-dd H:mm:ss"];

    /// <param name="now">The present, with the offset of the zone in which times of day are meant.</param>
    /// <returns>Null when the text is none of <see cref="Forms"/>.</returns>
    public static PointInTime? TryParse(string text, DateTimeOffset now)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var revision)) return new PointInTime(revision, null);
        if (TryParseAge(text) is { } age) return new PointInTime(null, (now - age).ToUniversalTime());
        if (TimeOnly.TryParseExact(text, TimesOfDay, CultureInfo.InvariantCulture, DateTimeStyles.None, out var timeOfDay))
        {
            // A time of day that is still to come is yesterday's.
            var today = new DateTimeOffset(now.Date + timeOfDay.ToTimeSpan(), now.Offset);
            return new PointInTime(null, (today > now ? today.AddDays(-1) : today).ToUniversalTime());
        }

        if (DateTime.TryParseExact(text, Dates, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
            return new PointInTime(null, new DateTimeOffset(local, now.Offset).ToUniversalTime());
        return text.Contains('T') && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var exact)
            ? new PointInTime(null, exact.ToUniversalTime())
            : null;
    }

    /// <summary>Go's durations as far as people write them: a whole number and d, h, m or s, one after the other.</summary>
    static TimeSpan? TryParseAge(string text)
    {
        const int MaxDigits = 9; // keeps the sum far away from what a TimeSpan can't hold
        var sum = TimeSpan.Zero;
        for (var rest = text.AsSpan(); rest.Length > 0;)
        {
            var digits = rest.IndexOfAnyExceptInRange('0', '9');
            if (digits is < 1 or > MaxDigits) return null;
            var number = long.Parse(rest[..digits], CultureInfo.InvariantCulture);
            TimeSpan? unit = rest[digits] switch
            {
                'd' => TimeSpan.FromDays(1),
                'h' => TimeSpan.FromHours(1),
                'm' => TimeSpan.FromMinutes(1),
                's' => TimeSpan.FromSeconds(1),
                _ => null,
            };
            if (unit is null || number > MaxAge.Ticks / unit.Value.Ticks) return null;
            sum += number * unit.Value;
            rest = rest[(digits + 1)..];
        }

        return text.Length > 0 && sum <= MaxAge ? sum : null;
    }

    /// <summary>No cluster is older.</summary>
    static readonly TimeSpan MaxAge = TimeSpan.FromDays(36_500);
}
