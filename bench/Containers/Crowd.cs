using System.Diagnostics;

namespace Orchestrator.Bench;

/// <summary>Many containers at once: all created, started and deleted by as many commands as there are processors, times some.</summary>
static class Crowd
{
    public const int AtOnce = 16;

    /// <returns>Milliseconds until the last of them is created.</returns>
    public static double Create(Candidate candidate, IReadOnlyList<string> bundles)
    {
        var clock = Stopwatch.StartNew();
        var next = -1;
        var failures = new List<Exception>();
        var threads = Enumerable.Range(0, AtOnce).Select(_ => new Thread(() =>
        {
            try
            {
                for (int i; (i = Interlocked.Increment(ref next)) < bundles.Count;) Measured.Do(candidate.Command("create", "--bundle", bundles[i], $"many{i}"));
            }
            catch (Exception e)
            {
                lock (failures) failures.Add(e);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        var wall = clock.Elapsed.TotalMilliseconds;
        for (var i = 0; i < bundles.Count; i++) Measured.Do(candidate.Command("delete", "--force", $"many{i}"));
        return failures.Count == 0 ? wall : throw new AggregateException(failures);
    }
}
