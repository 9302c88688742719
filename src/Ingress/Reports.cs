using System.Threading.Channels;
using Grpc.Core;
using Orchestrator.Contracts;

namespace Orchestrator.Ingress;

/// <summary>What this ingress tells the control plane on the stream that its tables come by: the table it serves by, whom requests wait for, and how many come in.</summary>
sealed class Reports(IngressOptions options, RequestCounts counts, AwaitedPods awaited, TimeProvider clock)
{
    const int TicksPerMetrics = 5;

    /// <summary>How soon it is said again that somebody waits.</summary>
    static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    readonly Channel<long> _applied = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>A table is in force from now on.</summary>
    public void Applied(long revision) => _applied.Writer.TryWrite(revision);

    /// <summary>Writes until the stream is over; only this may write to it.</summary>
    public async Task SendAsync(IClientStreamWriter<RoutesRequest> stream, CancellationToken token)
    {
        while (_applied.Reader.TryRead(out _)) continue; // of an earlier stream
        using var ticks = new PeriodicTimer(Tick, clock);
        var (tick, applied, begun) = (ticks.WaitForNextTickAsync(token).AsTask(), AppliedAsync(), awaited.Begun);
        var last = clock.GetTimestamp();
        for (var passed = 0; ;)
        {
            await Task.WhenAny(tick, applied, begun);
            token.ThrowIfCancellationRequested();
            RoutesRequest request = new() { Ingress = options.Name };
            while (_applied.Reader.TryRead(out var revision)) request.AppliedRevision = revision;
            if (applied.IsCompleted) applied = AppliedAsync();
            begun = awaited.Begun; // asked for before the look, so that none is missed
            request.Awaited.AddRange(awaited.Backends);
            if (tick.IsCompleted)
            {
                tick = ticks.WaitForNextTickAsync(token).AsTask();
                if (++passed % TicksPerMetrics == 0)
                {
                    request.Metrics = Measured(clock.GetElapsedTime(last).TotalSeconds);
                    last = clock.GetTimestamp();
                }
            }

            if (request.AppliedRevision > 0 || request.Awaited.Count > 0 || request.Metrics is not null) await stream.WriteAsync(request, token);
        }

        Task AppliedAsync() => _applied.Reader.WaitToReadAsync(token).AsTask();
    }

    IngressMetrics Measured(double seconds)
    {
        IngressMetrics metrics = new() { Ingress = options.Name, WindowSeconds = seconds };
        metrics.Requests.AddRange(counts.Take().Select(count => new IngressRequests { Ingress = count.Key, PerSecond = count.Value / seconds }));
        return metrics;
    }
}
