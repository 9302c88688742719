namespace Orchestrator.Load.Running;

/// <summary>A part of a run: arrivals a second at its beginning and at its end, and in between on a straight line.</summary>
public sealed record Stage(TimeSpan Length, double From, double To)
{
    /// <summary>The same rate all along.</summary>
    public static Stage Steady(double rate, double seconds) => new(TimeSpan.FromSeconds(seconds), rate, rate);

    public static Stage Ramp(double from, double to, double seconds) => new(TimeSpan.FromSeconds(seconds), from, to);

    /// <summary>How many arrive in all of it.</summary>
    double Arrivals => (From + To) / 2 * Length.TotalSeconds;

    /// <summary>
    /// When each request of a run is to arrive, from its beginning. An open loop: the times are known before the first answer, so a server that is slow does not get fewer requests, and
    /// what waits for it is counted (no coordinated omission).
    /// </summary>
    public static IEnumerable<TimeSpan> Schedule(IEnumerable<Stage> stages)
    {
        var (begin, owed) = (TimeSpan.Zero, 0.0);
        foreach (var stage in stages)
        {
            var count = owed;
            for (; count < stage.Arrivals; count++) yield return begin + stage.After(count);
            owed = count - stage.Arrivals;
            begin += stage.Length;
        }
    }

    /// <summary>The intended rate at a moment of a run, in arrivals a second; 0 outside of it.</summary>
    public static double RateAt(IEnumerable<Stage> stages, TimeSpan moment)
    {
        foreach (var stage in stages)
        {
            if (moment < stage.Length) return stage.From + ((stage.To - stage.From) * (moment / stage.Length));
            moment -= stage.Length;
        }

        return 0;
    }

    /// <summary>The time after which so many have arrived: From * t + (To - From) / (2 * Length) * t^2 = count, for t.</summary>
    TimeSpan After(double count)
    {
        var slope = (To - From) / Length.TotalSeconds;
        return TimeSpan.FromSeconds(slope == 0 ? count / From : (Math.Sqrt((From * From) + (2 * slope * count)) - From) / slope);
    }
}
