namespace Orchestrator.Load.Running;

/// <summary>Starts each request when it is to arrive, whatever became of those before it.</summary>
public static class OpenLoop
{
    /// <summary>More at a time than any of our servers holds: beyond it the run is lost anyway, and the load generator is not to fall with it.</summary>
    const int MostAtATime = 20_000;

    /// <param name="step">One request; what it throws is a failure.</param>
    public static async Task<Recording> RunAsync(IReadOnlyList<Stage> stages, Func<long, CancellationToken, Task<Outcome>> step, TimeProvider clock, CancellationToken token)
    {
        var recording = new Recording();
        var over = new TaskCompletionSource();
        var began = clock.GetTimestamp();
        var number = 0L;
        var left = 1L;
        foreach (var arrival in Stage.Schedule(stages))
        {
            if (arrival - clock.GetElapsedTime(began) is var wait && wait > TimeSpan.FromMilliseconds(1)) await Task.Delay(wait, clock, token);
            if (Interlocked.Read(ref left) > MostAtATime)
            {
                recording.Add(arrival, clock.GetElapsedTime(began) - arrival, Outcome.Failed("not sent: too many are under way"));
                continue;
            }

            Interlocked.Increment(ref left);
            _ = OneAsync(arrival, number++);
        }

        if (Interlocked.Decrement(ref left) > 0) await over.Task;
        return recording;

        async Task OneAsync(TimeSpan arrival, long which)
        {
            Outcome outcome;
            try
            {
                await Task.Yield();
                outcome = await step(which, token);
            }
            catch (Exception failure) when (failure is not OutOfMemoryException)
            {
                outcome = Outcome.Failed(Word(failure));
            }

            recording.Add(arrival, clock.GetElapsedTime(began) - arrival, outcome);
            if (Interlocked.Decrement(ref left) == 0) over.TrySetResult();
        }
    }

    static string Word(Exception failure) => failure switch
    {
        Grpc.Core.RpcException refused => $"{refused.StatusCode}: {refused.Status.Detail}",
        OperationCanceledException => "no answer in time",
        _ => failure.GetBaseException().Message,
    };
}
