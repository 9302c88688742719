using System.CommandLine;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary>How much of the past a server keeps, to be looked back at and watched from.</summary>
sealed class HistoryOptions
{
    /// <summary>Fewer would cut off watchers that are only a moment behind.</summary>
    const int MinRevisions = 1_000;

    /// <summary>A few KiB each, in memory and in every snapshot.</summary>
    const int MaxRevisions = 1_000_000;

    readonly Option<int> _revisions = new("--history-revisions") { Description = "how many revisions are kept to look back at; the same on all servers", DefaultValueFactory = _ => 16_384 };

    readonly Option<double> _hours = new("--history-hours") { Description = "how old a kept revision may be, in hours; the same on all servers", DefaultValueFactory = _ => 24 };

    public void AddTo(Command command)
    {
        command.Options.Add(_revisions);
        command.Options.Add(_hours);
    }

    /// <exception cref="StartException">An option makes no sense.</exception>
    public HistorySettings Read(ParseResult parsed)
    {
        var (revisions, hours) = (parsed.GetValue(_revisions), parsed.GetValue(_hours));
        if (revisions is < MinRevisions or > MaxRevisions) throw new StartException($"--history-revisions {revisions}: keep {MinRevisions} to {MaxRevisions} of them");
        if (hours is not (> 0 and <= 24 * 365)) throw new StartException($"--history-hours {hours}: keep more than 0 hours and at most a year");
        return new HistorySettings(revisions, TimeSpan.FromHours(hours));
    }
}
