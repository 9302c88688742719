using Orchestrator.Load.Running;
using Orchestrator.Load.Scenarios;

namespace Orchestrator.Load.Tests;

/// <summary>Requests that are sent whatever became of those before, and what is said of them.</summary>
public sealed class OpenLoopTests
{
    [Fact]
    public async Task A_server_that_answers_nobody_is_asked_all_the_same_and_what_waits_is_counted()
    {
        const int Count = 50;
        var answered = new TaskCompletionSource<Outcome>();
        var asked = 0;
        var recording = await OpenLoop.RunAsync([Stage.Steady(Count, 1)], (_, _) =>
        {
            if (Interlocked.Increment(ref asked) == Count) answered.SetResult(Outcome.Good); // the last one is asked while all before it wait
            return answered.Task;
        }, TimeProvider.System, default);

        Assert.Equal(Count, recording.Count);
        Assert.Equal(0, recording.Failed);
        // One that came at the beginning has waited for the whole second: no omission of what the stall did to it.
        Assert.InRange(recording.Longest, 900, 60_000);
        Assert.InRange(recording.Percentile(50), 300, 60_000);
    }

    [Fact]
    public async Task What_a_request_throws_is_its_failure_and_the_run_goes_on()
    {
        var recording = await OpenLoop.RunAsync([Stage.Steady(100, 0.2)], (number, _) => number % 2 == 0 ? throw new IOException("the line is cut") : Task.FromResult(Outcome.Good), TimeProvider.System, default);
        Assert.Equal((20, 10), (recording.Count, recording.Failed));
        Assert.Equal(10, recording.Statuses["the line is cut"]);
    }

    [Fact]
    public void A_threshold_is_missed_by_failures_by_slowness_and_by_a_run_without_requests()
    {
        var threshold = new Threshold(0.1, P99: 100);
        Assert.False(threshold.IsMet(Of()));
        Assert.True(threshold.IsMet(Of([.. Enumerable.Repeat((50, true), 9), (50, false)])));
        Assert.False(threshold.IsMet(Of((50, true), (50, false))));
        Assert.False(threshold.IsMet(Of((50, true), (200, true))));
    }

    static Recording Of(params (int Milliseconds, bool Ok)[] requests)
    {
        var recording = new Recording();
        foreach (var (milliseconds, ok) in requests) recording.Add(TimeSpan.Zero, TimeSpan.FromMilliseconds(milliseconds), ok ? Outcome.Good : Outcome.Failed("no"));
        return recording;
    }
}
