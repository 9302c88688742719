using System.Globalization;
using Orchestrator.ControlPlane.Store;

namespace Orchestrator.Daemon.Hosting;

/// <summary>
/// Tells the service manager when this process is up, that it is about to stop, and, for as long as it answers on its own health port and its store has not failed,
/// that it lives. Source: sd_notify(3), sd_watchdog_enabled(3).
/// </summary>
sealed class ServiceNotice(ServerSettings settings, IHostApplicationLifetime life, TimeProvider clock, ClusterStore? store = null) : BackgroundService
{
    const string WatchdogVariable = "WATCHDOG_USEC", WatchedVariable = "WATCHDOG_PID";

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!ServiceSocket.Listens) return;
        using var started = life.ApplicationStarted.Register(() => ServiceSocket.Tell($"READY=1\nSTATUS={settings.Name} is up"));
        using var stopping = life.ApplicationStopping.Register(() => ServiceSocket.Tell("STOPPING=1"));
        try
        {
            if (WatchdogInterval() is not { } interval)
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, clock, stoppingToken);
                return;
            }

            using HttpClient asker = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = interval };
            for (; ; await Task.Delay(interval / 2, clock, stoppingToken))
            {
                if (await LivesAsync(asker, stoppingToken)) ServiceSocket.Tell("WATCHDOG=1");
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Asked to stop; that was told already.
        }
    }

    async Task<bool> LivesAsync(HttpClient asker, CancellationToken token)
    {
        if (store?.Failed.IsCompleted == true) return false;
        try
        {
            using var answer = await asker.GetAsync(new Uri($"http://{settings.Health}/livez"), token);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !token.IsCancellationRequested))
        {
            return false;
        }
    }

    static TimeSpan? WatchdogInterval() =>
        long.TryParse(Environment.GetEnvironmentVariable(WatchdogVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) && microseconds > 0
        && (Environment.GetEnvironmentVariable(WatchedVariable) is not { } watched || watched == Environment.ProcessId.ToString(CultureInfo.InvariantCulture))
            ? TimeSpan.FromMicroseconds(microseconds) / 2 : null;
}
