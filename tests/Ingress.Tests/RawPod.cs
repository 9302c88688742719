using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Orchestrator.Ingress.Tests;

/// <summary>A pod that says exactly what it is given, in the pieces it is given in, each once what came before was read.</summary>
sealed class RawPod : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _ending = new();
    readonly Queue<(string[] Pieces, bool Closes)> _answers = new();
    readonly List<string> _requests = [];
    readonly Task _serving;
    int _connections;

    public RawPod()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}/");

    public int Connections => Volatile.Read(ref _connections);

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    /// <summary>Says this to the next request.</summary>
    public RawPod Then(params string[] pieces) => Queue(pieces, closes: false);

    /// <summary>As above, and closes the connection.</summary>
    public RawPod ThenClose(params string[] pieces) => Queue(pieces, closes: true);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        _listener.Dispose();
        await _serving;
    }

    RawPod Queue(string[] pieces, bool closes)
    {
        lock (_answers) _answers.Enqueue((pieces, closes));
        return this;
    }

    async Task ServeAsync()
    {
        List<Task> open = [];
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_ending.Token);
                Interlocked.Increment(ref _connections);
                open.Add(AnswerAsync(client));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(open);
        }
    }

    async Task AnswerAsync(TcpClient client)
    {
        using (client)
        {
            client.NoDelay = true;
            var stream = client.GetStream();
            try
            {
                while (await RequestAsync(stream) is { } request)
                {
                    lock (_requests) _requests.Add(request);
                    (string[] Pieces, bool Closes) answer;
                    lock (_answers)
                    {
                        if (!_answers.TryDequeue(out answer)) return;
                    }

                    foreach (var piece in answer.Pieces)
                    {
                        await stream.WriteAsync(Encoding.Latin1.GetBytes(piece), _ending.Token);
                        await Task.Yield();
                    }

                    if (answer.Closes) return;
                }
            }
            catch (Exception e) when (e is IOException or OperationCanceledException)
            {
                // The test has seen enough.
            }
        }
    }

    async Task<string?> RequestAsync(NetworkStream stream)
    {
        StringBuilder request = new();
        var one = new byte[1];
        while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            if (await stream.ReadAsync(one, _ending.Token) == 0) return null;
            request.Append((char)one[0]);
        }

        return request.ToString();
    }
}
