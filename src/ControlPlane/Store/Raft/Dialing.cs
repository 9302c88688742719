using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Makes connections to members. Who asks for one is impatient, because a member that hangs must not hold up an election; a handshake may take longer than that on a starved machine, and
/// broken off each time it would never end. So it goes on while nobody waits, and the next who asks takes what has come of it.
/// </summary>
sealed class Dialing(RaftTls? tls)
{
    /// <summary>A member that takes longer is not there.</summary>
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(2);

    readonly ConcurrentDictionary<EndPoint, Lazy<Task<(Socket Socket, Stream Stream)>>> _underWay = new();

    public async Task<(Socket Socket, Stream Stream)> ConnectAsync(EndPoint member, CancellationToken token)
    {
        var call = _underWay.GetOrAdd(member, each => new Lazy<Task<(Socket, Stream)>>(() => DialAsync(each)));
        try
        {
            var made = await call.Value.WaitAsync(token);
            return _underWay.TryRemove(KeyValuePair.Create(member, call)) ? made : await ConnectAsync(member, token); // somebody else took it
        }
        catch (Exception) when (call.Value.IsCompleted && !call.Value.IsCompletedSuccessfully)
        {
            _underWay.TryRemove(KeyValuePair.Create(member, call));
            throw;
        }
    }

    async Task<(Socket Socket, Stream Stream)> DialAsync(EndPoint member)
    {
        using var time = new CancellationTokenSource(Timeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(member, time.Token);
            Stream stream = new NetworkStream(socket, ownsSocket: true);
            return (socket, tls is null ? stream : await tls.Connect(stream, time.Token));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
