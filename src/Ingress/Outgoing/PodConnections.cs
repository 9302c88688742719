using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Ingress.Outgoing;

/// <summary>Connections to the pods of one backend: those that rest, the latest used first, and new ones.</summary>
sealed class PodConnections
{
    /// <summary>Milliseconds after which a connection that rests is closed.</summary>
    const long MostRest = 60_000;

    const long SweepEvery = 15_000;

    readonly ConcurrentDictionary<string, ConcurrentStack<PodConnection>> _resting = new(StringComparer.Ordinal);
    long _swept = Environment.TickCount64;

    /// <summary>One that rests and still stands; null when there is none.</summary>
    public PodConnection? Take(ReadOnlySpan<char> authority)
    {
        if (!_resting.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(authority, out var resting)) return null;
        var oldest = Environment.TickCount64 - MostRest;
        while (resting.TryPop(out var connection))
        {
            if (connection.RestsSince >= oldest && !connection.IsStale) return connection;
            connection.Dispose();
        }

        return null;
    }

    /// <summary>A new one.</summary>
    /// <exception cref="HttpRequestException">The pod refuses it.</exception>
    /// <exception cref="TaskCanceledException">It is not answered in time.</exception>
    public static async Task<PodConnection> OpenAsync(IPEndPoint pod, string authority, TimeSpan timeout, CancellationToken token)
    {
        var socket = new Socket(pod.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(token);
        limit.CancelAfter(timeout);
        try
        {
            await socket.ConnectAsync(pod, limit.Token);
            return new PodConnection(socket, authority);
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"{refused.Message} ({authority})", refused);
        }
        catch (OperationCanceledException late) when (!token.IsCancellationRequested)
        {
            socket.Dispose();
            throw new TaskCanceledException($"no connection to {authority} in {timeout.TotalSeconds:0} s", new TimeoutException(late.Message, late), limit.Token);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Takes one back whose answer was read to its end.</summary>
    public void GiveBack(PodConnection connection)
    {
        var now = Environment.TickCount64;
        if (connection.Rest(now)) _resting.GetOrAdd(connection.Authority, static _ => new ConcurrentStack<PodConnection>()).Push(connection);
        else connection.Dispose();
        if (now - Volatile.Read(ref _swept) > SweepEvery && Interlocked.Exchange(ref _swept, now) is var before && now - before > SweepEvery) Sweep(now);
    }

    void Sweep(long now)
    {
        foreach (var resting in _resting.Values)
        {
            // The ones not used for longest are at the bottom: all are taken out, and those that are still young put back in their order.
            var all = new PodConnection[resting.Count];
            var count = resting.TryPopRange(all);
            var young = all.AsSpan(0, count).ToArray().TakeWhile(each => now - each.RestsSince <= MostRest).Reverse().ToArray();
            if (young.Length > 0) resting.PushRange(young);
            foreach (var old in all.AsSpan(young.Length, count - young.Length)) old.Dispose();
        }
    }
}
