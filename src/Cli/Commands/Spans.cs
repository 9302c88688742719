using System.Globalization;
using Orchestrator.Cli.Connection;

namespace Orchestrator.Cli.Commands;

/// <summary>Lengths of time as people write them for kubectl: 90, 90s, 5m, 1h30m.</summary>
static class Spans
{
    /// <exception cref="CliException">The text is no length of time.</exception>
    public static TimeSpan Read(string text)
    {
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)) return TimeSpan.FromSeconds(seconds);
        var (span, rest) = (TimeSpan.Zero, text);
        while (rest.Length > 0)
        {
            var digits = rest.TakeWhile(char.IsAsciiDigit).Count();
            if (digits is 0 or > 9 || digits == rest.Length) throw Wrong(text);
            var number = int.Parse(rest[..digits], CultureInfo.InvariantCulture);
            var unit = new string([.. rest[digits..].TakeWhile(char.IsAsciiLetter)]);
            span += unit switch
            {
                "ms" => TimeSpan.FromMilliseconds(number),
                "s" => TimeSpan.FromSeconds(number),
                "m" => TimeSpan.FromMinutes(number),
                "h" => TimeSpan.FromHours(number),
                "d" => TimeSpan.FromDays(number),
                _ => throw Wrong(text),
            };
            rest = rest[(digits + unit.Length)..];
        }

        return span;
    }

    static CliException Wrong(string text) => new($"{text} is no length of time; write 90s, 5m or 1h30m");
}
