using System.Net;
using System.Net.Sockets;

namespace Orchestrator.Ingress.Pods;

/// <summary>The connections to one address of a pod: those that wait for a request, and those in use.</summary>
sealed class PodPool(IPEndPoint address, TimeProvider time)
{
    /// <summary>How long a pod may take to accept a connection before another one is tried.</summary>
    public static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Waiting connections; when a crowd has gone, the rest of its connections go too.</summary>
    const int MaxWaiting = 512;

    /// <summary>How long a connection waits for a request.</summary>
    static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(60);

    readonly Lock _lock = new();
    readonly HashSet<PodConnection> _open = [];
    readonly Stack<PodConnection> _waiting = new(); // the latest is the likeliest to be still good

    /// <summary>A connection that waits; null when there is none.</summary>
    public PodConnection? TakeWaiting()
    {
        lock (_lock)
        {
            while (_waiting.TryPop(out var connection))
            {
                if (connection.IsQuiet) return connection;
                Close(connection);
            }

            return null;
        }
    }

    /// <exception cref="HttpRequestException">The pod can't be reached.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits any more.</exception>
    public async ValueTask<PodConnection> ConnectAsync(CancellationToken cancel)
    {
        Socket socket = new(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(ConnectTimeout);
            await socket.ConnectAsync(address, limit.Token);
        }
        catch (Exception e)
        {
            socket.Dispose();
            cancel.ThrowIfCancellationRequested();
            throw new HttpRequestException(HttpRequestError.ConnectionError, $"connect to {address}: {(e is OperationCanceledException ? $"no answer in {ConnectTimeout.TotalSeconds} s" : e.Message)}", e);
        }

        PodConnection connection = new(socket, time);
        connection.ReadAhead();
        lock (_lock) _open.Add(connection);
        return connection;
    }

    /// <summary>Keeps a connection whose answer was read to its end.</summary>
    public void Return(PodConnection connection)
    {
        connection.ReadAhead();
        lock (_lock)
        {
            if (connection.IsQuiet && _waiting.Count < MaxWaiting) _waiting.Push(connection);
            else Close(connection);
        }
    }

    /// <summary>Ends a connection that can't be used again.</summary>
    public void Drop(PodConnection connection)
    {
        lock (_lock) Close(connection);
    }

    /// <summary>Ends connections that have waited long or are closed, and those in use on which nothing moves.</summary>
    /// <param name="idleTimeout">How long nothing may move on one in use.</param>
    public void Sweep(TimeSpan idleTimeout)
    {
        lock (_lock)
        {
            var kept = _waiting.Where(static connection => connection.IsQuiet && connection.Idle < MaxWait).Reverse().ToList();
            foreach (var connection in _waiting.Except(kept)) Close(connection);
            foreach (var connection in _open.Except(kept))
            {
                if (connection.Idle >= idleTimeout) connection.TimeOut(); // its user finds out
            }

            _waiting.Clear();
            kept.ForEach(_waiting.Push);
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            foreach (var connection in _open) connection.Dispose();
            _open.Clear();
            _waiting.Clear();
        }
    }

    void Close(PodConnection connection)
    {
        _open.Remove(connection);
        connection.Dispose();
    }
}
