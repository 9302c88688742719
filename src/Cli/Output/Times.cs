using System.Globalization;

namespace Orchestrator.Cli.Output;

/// <summary>Points in time as people read them, in the zone of this machine.</summary>
static class Times
{
    public static string Text(long unixMilliseconds) =>
        TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds), TimeZoneInfo.Local).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
