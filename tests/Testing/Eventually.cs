using System.Diagnostics;

namespace Orchestrator.Testing;

/// <summary>Waits for what must become true: looks again and again, and gives up with what is known by then.</summary>
public static class Eventually
{
    /// <summary>Long, because it is reached only when something is broken or the machine is very busy.</summary>
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60);

    static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(20);

    public static Task HoldsAsync(Func<bool> condition, string what, Func<string>? known = null) =>
        HoldsAsync(() => Task.FromResult(condition()), what, known);

    public static Task HoldsAsync(Func<Task<bool>> condition, string what, Func<string>? known = null) =>
        GetAsync(async () => await condition() ? "yes" : null, what, known);

    public static Task<T> GetAsync<T>(Func<T?> value, string what, Func<string>? known = null)
        where T : class => GetAsync(() => Task.FromResult(value()), what, known);

    /// <exception cref="TimeoutException">There was no value in time.</exception>
    public static async Task<T> GetAsync<T>(Func<Task<T?>> value, string what, Func<string>? known = null)
        where T : class
    {
        for (var waited = Stopwatch.StartNew(); ;)
        {
            if (await value() is { } found) return found;
            if (waited.Elapsed > Deadline) throw new TimeoutException($"gave up waiting for {what}\n{known?.Invoke()}");
            await Task.Delay(LookAgain);
        }
    }
}
