using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// Speaks with the shim of one pod: the process that is the parent of the pod's containers and outlives the agent.
/// A connection an operation: the shim serves several, and none has to be kept alive.
/// </summary>
sealed class ShimClient(string podDirectory)
{
    // A shim's answer lists at most the containers of one pod.
    const int LineBytes = 1024 * 1024;
    const int SigKill = 9;
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);
    // Creating a container mounts its root filesystem on a disk that may be busy.
    static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    readonly string _socket = Path.Combine(podDirectory, "shim.sock");

    /// <summary>Makes a container from its bundle; its program is not started. Hands back the pid of its first process.</summary>
    public async Task<int> CreateAsync(string id, string bundle, string log, CancellationToken cancel) =>
        (await CallAsync(new ShimRequest("create") { Id = id, Bundle = bundle, Log = log }, cancel)).Pid
        ?? throw new ShimException($"the shim made {id} but told no pid");

    public Task StartAsync(string id, CancellationToken cancel) => CallAsync(new ShimRequest("start") { Id = id }, cancel);

    public Task KillAsync(string id, int signal, CancellationToken cancel) => CallAsync(new ShimRequest("kill") { Id = id, Signal = signal }, cancel);

    public Task DeleteAsync(string id, CancellationToken cancel) => CallAsync(new ShimRequest("delete") { Id = id }, cancel);

    /// <summary>Has the shim kill all containers after a time, and start none, unless it is told again: whatever becomes of this agent.</summary>
    public Task FenceAsync(TimeSpan time, CancellationToken cancel) =>
        CallAsync(new ShimRequest("fence") { Milliseconds = (int)double.Max(0, time.TotalMilliseconds) }, cancel);

    public async Task<IReadOnlyList<ShimContainer>> ListAsync(CancellationToken cancel) =>
        (await CallAsync(new ShimRequest("list"), cancel)).Containers ?? [];

    /// <summary>Kills a container and waits until it has ended.</summary>
    public async Task EndAsync(string id, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerTimeout);
        var killed = false;
        await foreach (var seen in WatchAsync(limit.Token))
        {
            if (seen.Any(container => container.Id == id && container.Status == ShimContainer.Stopped))
                return;
            // The first answer is the present state: the kill comes after it, so that its effect can't be missed.
            if (!killed)
                await KillAsync(id, SigKill, limit.Token);
            killed = true;
        }

        throw new ShimException($"the shim went away while {id} was being ended");
    }

    /// <summary>Ends the shim. It refuses while a container runs.</summary>
    public Task StopAsync(CancellationToken cancel) => CallAsync(new ShimRequest("stop"), cancel);

    /// <summary>The containers as they stand, then each one that ends, for as long as the shim lives.</summary>
    public async IAsyncEnumerable<IReadOnlyList<ShimContainer>> WatchAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        using var socket = await ConnectAsync(cancel);
        await using NetworkStream stream = new(socket);
        using StreamReader lines = new(stream);
        await SendAsync(stream, new ShimRequest("wait"), cancel);
        while (await lines.ReadLineAsync(cancel) is { } line)
        {
            var answer = Read(line);
            if (answer.Containers is { } all)
                yield return all;
            else if (answer.Exit is { } exit)
                yield return [exit with { Status = ShimContainer.Stopped }];
            else if (!answer.Ok)
                throw new ShimException(answer.Error ?? "the shim refuses to be watched");
        }
    }

    /// <summary>True when a shim answers for this pod.</summary>
    public async Task<bool> IsServingAsync(CancellationToken cancel)
    {
        try
        {
            await ListAsync(cancel);
            return true;
        }
        catch (ShimException)
        {
            return false;
        }
    }

    async Task<ShimAnswer> CallAsync(ShimRequest request, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(AnswerTimeout);
        try
        {
            using var socket = await ConnectAsync(limit.Token);
            await using NetworkStream stream = new(socket);
            using StreamReader lines = new(stream);
            await SendAsync(stream, request, limit.Token);
            var line = await lines.ReadLineAsync(limit.Token) ?? throw new ShimException($"the shim went away during {request.Op}");
            var answer = Read(line);
            return answer.Ok ? answer : throw new ShimException(answer.Error ?? $"the shim refuses {request.Op} without a word");
        }
        catch (IOException e)
        {
            throw new ShimException($"the shim went away during {request.Op}: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new ShimException($"the shim did not answer {request.Op} in {AnswerTimeout.TotalSeconds} s", e);
        }
    }

    async Task<Socket> ConnectAsync(CancellationToken cancel)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            limit.CancelAfter(ConnectTimeout);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(_socket), limit.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            socket.Dispose();
            throw new ShimException($"no shim answers at {_socket}: {e.Message}", e);
        }
    }

    static async Task SendAsync(NetworkStream stream, ShimRequest request, CancellationToken cancel)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(request, ShimJson.Default.ShimRequest), (byte)'\n'];
        await stream.WriteAsync(line, cancel);
    }

    static ShimAnswer Read(string line)
    {
        if (line.Length > LineBytes)
            throw new ShimException("the shim's answer is too long");
        try
        {
            return JsonSerializer.Deserialize(line, ShimJson.Default.ShimAnswer) ?? throw new JsonException("null");
        }
        catch (JsonException e)
        {
            throw new ShimException($"the shim's answer is not readable: {e.Message}", e);
        }
    }
}
