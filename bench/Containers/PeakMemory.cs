using System.Globalization;

namespace Orchestrator.Bench;

/// <summary>
/// The most memory a command has at once. Measured by busybox's time, because a process started from here counts this one's memory as its own past; as
/// a ratio only, because that busybox takes the kernel's kilobytes for pages.
/// </summary>
static class PeakMemory
{
    const int Rounds = 15;

    public static IEnumerable<Result> Of(string task, IReadOnlyList<Candidate> candidates, string place, Func<Candidate, string[]> command)
    {
        var peaks = candidates.ToDictionary(candidate => candidate.Name, _ => new List<double>());
        for (var round = 0; round < Rounds; round++)
        {
            foreach (var candidate in candidates)
            {
                Measured.Do(["/bin/busybox", "time", "-f", "%M", "-o", place + "/peak", .. command(candidate)]);
                peaks[candidate.Name].Add(double.Parse(File.ReadAllText(place + "/peak"), CultureInfo.InvariantCulture));
            }
        }

        var own = Comparison.Median(peaks[candidates[0].Name]);
        foreach (var peer in candidates.Skip(1))
            yield return new Result($"{task}: {candidates[0].Name}/{peer.Name}, peak memory", own / Comparison.Median(peaks[peer.Name]), "ratio", 1, 1);
    }
}
