using Cronos;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile.Jobs;

/// <summary>The times of a CronJob's schedule in its time zone, with clocks that are put forward and back as Cronos has it: no time is left out, none comes twice.</summary>
sealed class CronTimes(CronJob cron)
{
    readonly CronExpression? _schedule = Parsed(cron.Spec.Schedule);
    readonly TimeZoneInfo _zone = cron.Spec.TimeZone is { } name && TimeZoneInfo.TryFindSystemTimeZoneById(name, out var found) ? found : TimeZoneInfo.Utc;

    /// <summary>The last time that is due and has had no job; null when there is none.</summary>
    public DateTimeOffset? LastDue(DateTimeOffset now)
    {
        if (_schedule is null || (cron.Status.LastScheduleTime ?? cron.Metadata.CreationTimestamp) is not { } since || since >= now) return null;
        if (_schedule.GetNextOccurrence(since, _zone) is not { } first || first > now) return null;

        // Years may have been missed: the last time is looked for backwards, in ever longer stretches.
        for (var span = TimeSpan.FromHours(1); ; span *= 4)
        {
            var from = now - since <= span ? since : now - span;
            DateTimeOffset? last = null;
            foreach (var time in _schedule.GetOccurrences(from, now, _zone, fromInclusive: false, toInclusive: true)) last = time;
            if (last is not null) return last.Value.ToUniversalTime();
            if (from == since) return first.ToUniversalTime();
        }
    }

    public DateTimeOffset? NextAfter(DateTimeOffset now) => _schedule?.GetNextOccurrence(now, _zone)?.ToUniversalTime();

    static CronExpression? Parsed(string schedule)
    {
        try
        {
            return CronExpression.Parse(schedule, CronFormat.Standard);
        }
        catch (CronFormatException)
        {
            return null; // admission refuses it, so that none is stored
        }
    }
}
