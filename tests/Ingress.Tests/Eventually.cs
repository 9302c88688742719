using System.Diagnostics;

namespace Orchestrator.Ingress.Tests;

/// <summary>Waits for what must become true, and fails when it does not before a deadline that a loaded machine keeps.</summary>
static class Eventually
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);
    static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    public static async Task HoldsAsync(Func<Task<bool>> condition, string what)
    {
        for (var started = Stopwatch.StartNew(); !await condition();)
        {
            Assert.True(started.Elapsed < Deadline, $"after {Deadline.TotalSeconds} s still not true: {what}");
            await Task.Delay(BetweenLooks);
        }
    }
}
