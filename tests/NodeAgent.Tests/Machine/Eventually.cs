using System.Diagnostics;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// Waits for a condition, with a deadline that a slow machine does not reach.
/// </summary>
static class Eventually
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(25);

    public static async Task<T> GetAsync<T>(Func<T?> look, string what, Func<string>? else_ = null)
        where T : class
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            if (look() is { } found)
                return found;
            if (watch.Elapsed > Deadline)
                throw new TimeoutException($"{what}: not within {Deadline.TotalSeconds} s. {else_?.Invoke()}");
            await Task.Delay(LookAgain);
        }
    }

    public static Task HoldsAsync(Func<bool> condition, string what, Func<string>? else_ = null) =>
        GetAsync(() => condition() ? "" : null, what, else_);
}
