namespace Orchestrator.Model.Tables;

/// <summary>Ages as kubectl writes them: two units at most, and one where the second would not matter.</summary>
public static class Durations
{
    public static string Text(TimeSpan span)
    {
        if (span < TimeSpan.Zero) return "0s";
        var (seconds, minutes, hours, days) = ((long)span.TotalSeconds, (long)span.TotalMinutes, (long)span.TotalHours, (long)span.TotalDays);
        if (seconds < 120) return $"{seconds}s";
        if (minutes < 10) return seconds % 60 == 0 ? $"{minutes}m" : $"{minutes}m{seconds % 60}s";
        if (minutes < 180) return $"{minutes}m";
        if (hours < 8) return minutes % 60 == 0 ? $"{hours}h" : $"{hours}h{minutes % 60}m";
        if (hours < 48) return $"{hours}h";
        if (days < 8) return hours % 24 == 0 ? $"{days}d" : $"{days}d{hours % 24}h";
        if (days < 730) return $"{days}d";
        return days % 365 == 0 ? $"{days / 365}y" : $"{days / 365}y{days % 365}d";
    }
}
