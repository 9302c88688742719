namespace Orchestrator.ControlPlane.Store;

/// <summary>
/// One read barrier for all reads that wait for one. A read takes the next barrier to start, never the one under way:
/// that one may have been confirmed before the read began.
/// </summary>
sealed class SharedBarrier(Func<Task<long>> barrier)
{
    readonly Lock _access = new();

    Task<long>? _running;
    Task<long>? _next;

    public Task<long> NextAsync()
    {
        lock (_access)
        {
            if (_running is null or { IsCompleted: true } && _next is null)
            {
                return _running = barrier();
            }

            return _next ??= AfterAsync(_running!); // null only when nothing ever ran, which the first arm takes
        }
    }

    async Task<long> AfterAsync(Task<long> running)
    {
        await ((Task)running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (_access)
        {
            (_running, _next) = (_next, null);
        }

        return await barrier();
    }
}
