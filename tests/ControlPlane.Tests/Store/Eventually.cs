using System.Diagnostics;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// Waits for what must become true, and fails when it does not within the deadline.
/// </summary>
static class Eventually
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30); // a loaded machine with two cores
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    public static async Task True(Func<Task<bool>> condition, string what)
    {
        for (var started = Stopwatch.StartNew(); !await condition();)
        {
            Assert.True(started.Elapsed < Deadline, $"after {Deadline.TotalSeconds} s still not true: {what}");
            await Task.Delay(Look);
        }
    }

    public static Task True(Func<bool> condition, string what) => True(() => Task.FromResult(condition()), what);
}
