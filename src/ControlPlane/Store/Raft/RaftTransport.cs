using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// The connections between members. The library's own have one timeout for all: long enough for a snapshot, it lets one hung member hold up
/// every election, whose votes are all waited for. These know what is being asked, and break off each kind of request in its own time.
/// </summary>
sealed class RaftTransport(MessageTimeouts timeouts, RaftTls? tls) : IConnectionFactory, IConnectionListenerFactory
{
    readonly ConcurrentDictionary<EndPoint, MemberPatience> _patience = new();
    readonly Dialing _dialing = new(tls);

    public async ValueTask<ConnectionContext> ConnectAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var (socket, stream) = await _dialing.ConnectAsync(endpoint, cancellationToken);
        return new RaftConnection(socket, new AskingStream(stream, timeouts, _patience.GetOrAdd(endpoint, _ => new MemberPatience(timeouts))));
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            socket.Bind(endpoint);
            socket.Listen();
            return ValueTask.FromResult<IConnectionListener>(new Listener(socket, timeouts, tls));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    sealed class Listener : IConnectionListener
    {
        /// <summary>A handshake beyond this is of nobody who belongs here.</summary>
        static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(5);

        /// <summary>Each member has one connection; others wait in the kernel.</summary>
        const int Greeted = 16;

        readonly Socket _socket;
        readonly MessageTimeouts _timeouts;
        readonly RaftTls? _tls;
        readonly Channel<ConnectionContext> _connections = Channel.CreateBounded<ConnectionContext>(Greeted);
        readonly CancellationTokenSource _unbound = new();
        readonly Task _accepting;

        public Listener(Socket socket, MessageTimeouts timeouts, RaftTls? tls)
        {
            (_socket, _timeouts, _tls) = (socket, timeouts, tls);
            _accepting = AcceptAllAsync();
        }

        public EndPoint EndPoint => _socket.LocalEndPoint!; // it is bound

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                return await _connections.Reader.ReadAsync(cancellationToken);
            }
            catch (ChannelClosedException)
            {
                return null;
            }
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync();
            _socket.Dispose();
            await _accepting;
        }

        public async ValueTask DisposeAsync()
        {
            await UnbindAsync();
            while (_connections.Reader.TryRead(out var left)) await left.DisposeAsync();
            _unbound.Dispose();
        }

        async Task AcceptAllAsync()
        {
            while (!_unbound.IsCancellationRequested)
            {
                try
                {
                    _ = GreetAsync(await _socket.AcceptAsync(_unbound.Token)); // ends by itself, within its time
                }
                catch (Exception cause) when (cause is OperationCanceledException or ObjectDisposedException)
                {
                    break;
                }
                catch (SocketException)
                {
                    // Who was there has gone already, or there are no descriptors left: the next one may find some.
                    await Task.Yield();
                }
            }

            _connections.Writer.TryComplete();
        }

        /// <summary>Stands alone, so that a slow handshake keeps nobody else waiting.</summary>
        async Task GreetAsync(Socket socket)
        {
            try
            {
                socket.NoDelay = true;
                Stream stream = new NetworkStream(socket, ownsSocket: true);
                if (_tls is not null)
                {
                    using var time = CancellationTokenSource.CreateLinkedTokenSource(_unbound.Token);
                    time.CancelAfter(HandshakeTimeout);
                    stream = await _tls.Accept(stream, time.Token);
                }

                await _connections.Writer.WriteAsync(new RaftConnection(socket, new AskedStream(stream, _timeouts)), _unbound.Token);
            }
            catch (Exception cause) when (cause is IOException or SocketException or System.Security.Authentication.AuthenticationException
                or OperationCanceledException or ObjectDisposedException or ChannelClosedException)
            {
                socket.Dispose(); // a stranger, or the end
            }
        }
    }
}
