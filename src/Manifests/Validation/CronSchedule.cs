using Cronos;

namespace Orchestrator.Manifests.Validation;

/// <summary>Whether schedules and time zones can be understood.</summary>
static class CronSchedule
{
    /// <summary>What is wrong with a schedule, or null.</summary>
    public static string? Problem(string schedule)
    {
        if (schedule.Contains("TZ=", StringComparison.Ordinal)) return "a time zone goes into spec.timeZone";
        try
        {
            CronExpression.Parse(schedule, CronFormat.Standard);
            return null;
        }
        catch (CronFormatException wrong)
        {
            return wrong.Message;
        }
    }

    public static TimeZoneInfo? ZoneOf(string name) =>
        name.Length > 0 && !string.Equals(name, "Local", StringComparison.OrdinalIgnoreCase) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
}
