using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Ingress.Tests;

/// <summary>A pod that answers with bytes instead of with a server: the way to see what the ingress makes of answers that no server would give. Text is bytes, each a character.</summary>
sealed class RawPod : IAsyncDisposable
{
    /// <summary>In an answer: the pod waits here until what it has sent has gone, so that what follows comes on its own.</summary>
    public const char Pause = '\u2591';

    /// <summary>In an answer: the pod closes the connection.</summary>
    public const char Close = '\u2588';

    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly Func<string, string> _answer;
    readonly CancellationTokenSource _ending = new();
    readonly ConcurrentBag<Task> _serving = [];
    readonly Task _accepting;
    int _connections;
    int _closed;

    /// <param name="answer">What is said to a request, of which it is given the head.</param>
    public RawPod(Func<string, string> answer)
    {
        _answer = answer;
        _listener.Start();
        Address = _listener.LocalEndpoint.ToString()!; // it listens
        _accepting = AcceptAsync();
    }

    public string Address { get; }

    /// <summary>The heads of the requests, in the order in which they came.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Connections that were opened.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Connections that the ingress has closed.</summary>
    public int Closed => Volatile.Read(ref _closed);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _accepting;
        await Task.WhenAll(_serving);
        _ending.Dispose();
    }

    async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                Interlocked.Increment(ref _connections);
                _serving.Add(ServeAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            try
            {
                while (await HeadAsync(stream) is { Length: > 0 } head)
                {
                    Requests.Enqueue(head);
                    foreach (var part in _answer(head).Split(Pause))
                    {
                        await SentAsync(client.Client); // what came before
                        await stream.WriteAsync(Encoding.Latin1.GetBytes(part.TrimEnd(Close)), _ending.Token);
                        if (part.EndsWith(Close)) return;
                    }
                }

                Interlocked.Increment(ref _closed);
            }
            catch (IOException)
            {
                Interlocked.Increment(ref _closed); // before it had heard all
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    async Task<string> HeadAsync(NetworkStream stream)
    {
        StringBuilder head = new();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, _ending.Token) > 0) head.Append((char)one[0]);
        return head.ToString();
    }

    /// <summary>Waits until the peer's kernel has acknowledged everything: tcp(7), TCP_INFO.</summary>
    async Task SentAsync(Socket socket)
    {
        const int TcpLevel = 6, TcpInfo = 11, UnacknowledgedAt = 24;
        var info = new byte[UnacknowledgedAt + 4];
        do
        {
            await Task.Yield();
            _ending.Token.ThrowIfCancellationRequested();
            socket.GetRawSocketOption(TcpLevel, TcpInfo, info);
        }
        while (BitConverter.ToInt32(info, UnacknowledgedAt) > 0);
    }
}
