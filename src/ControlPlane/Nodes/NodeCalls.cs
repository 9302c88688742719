using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>
/// Calls to node agents. An agent only ever connects outwards, so a call is announced in its session, and the agent opens a stream for it. When
/// another server holds the session, the bytes go through that server.
/// </summary>
sealed class NodeCalls(NodeSessions sessions, PeerClients peers, ControlPlaneOptions options)
{
    /// <summary>How long an agent may take to open the stream of a call.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Frames in flight in each direction: enough to keep a stream busy, few enough to hold a slow reader's data back.</summary>
    const int Window = 16;

    readonly ConcurrentDictionary<string, ChannelWriter<ServerMessage>> _sessionsHere = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, Pending> _pending = new(StringComparer.Ordinal);

    /// <summary>The session of a node is held here from now on.</summary>
    public void Attach(string node, ChannelWriter<ServerMessage> session) => _sessionsHere[node] = session;

    /// <summary>This session is over; a newer one of the same node stays.</summary>
    public void Detach(string node, ChannelWriter<ServerMessage> session) =>
        _sessionsHere.TryRemove(new KeyValuePair<string, ChannelWriter<ServerMessage>>(node, session));

    /// <exception cref="RpcException">The node can't be reached.</exception>
    public async Task<NodeCall> StartAsync(string node, Call call, CancellationToken token)
    {
        call.Id = Guid.NewGuid().ToString("N");
        if (_sessionsHere.TryGetValue(node, out var session)) return await StartHereAsync(node, session, call, token);
        var holder = await sessions.HolderAsync(node, token);
        if (holder is null || holder == options.ApiAddress) throw Unreachable(node);
        return await StartThereAsync(node, holder, call, token);
    }

    /// <summary>For another server: starts a call to a node whose session is held here.</summary>
    /// <exception cref="RpcException">The session is not held here, or the agent does not answer.</exception>
    public Task<NodeCall> StartHereAsync(string node, Call call, CancellationToken token) =>
        _sessionsHere.TryGetValue(node, out var session) ? StartHereAsync(node, session, call, token) : throw Unreachable(node);

    /// <summary>The stream that a node's agent opens for a call to it: carries frames both ways until either side is done.</summary>
    public async Task ServeAsync(string node, IAsyncStreamReader<Frame> fromAgent, IServerStreamWriter<Frame> toAgent, CancellationToken token)
    {
        if (!await fromAgent.MoveNext(token) || !_pending.TryGetValue(fromAgent.Current.CallId, out var pending) || pending.Node != node
            || !_pending.TryRemove(fromAgent.Current.CallId, out _))
            throw new RpcException(new Status(StatusCode.NotFound, "nobody waits for this call any more"));
        pending.Opened.TrySetResult();
        using var over = CancellationTokenSource.CreateLinkedTokenSource(token, pending.Ended.Token);
        await CarryAsync(fromAgent, toAgent, pending, over.Token);
    }

    async Task<NodeCall> StartHereAsync(string node, ChannelWriter<ServerMessage> session, Call call, CancellationToken token)
    {
        var pending = new Pending(node);
        _pending[call.Id] = pending;
        if (!session.TryWrite(new ServerMessage { Call = call }))
        {
            _pending.TryRemove(call.Id, out _);
            throw Unreachable(node);
        }

        try
        {
            await pending.Opened.Task.WaitAsync(Patience, token);
        }
        catch (TimeoutException)
        {
            throw new RpcException(new Status(StatusCode.DeadlineExceeded, $"the agent of node {node} did not answer within {Patience.TotalSeconds:0} s"));
        }
        finally
        {
            _pending.TryRemove(call.Id, out _);
        }

        return new NodeCall(pending.ToNode.Writer, pending.FromNode.Reader, pending.Ended.Cancel);
    }

    async Task<NodeCall> StartThereAsync(string node, Uri holder, Call call, CancellationToken token)
    {
        var pending = new Pending(node);
        var stream = peers.At(holder).CallNode(cancellationToken: CancellationToken.None);
        await stream.RequestStream.WriteAsync(new NodeCallRequest { Start = new NodeCallStart { Node = node, Call = call } }, token);
        _ = CarryToEndAsync();
        return new NodeCall(pending.ToNode.Writer, pending.FromNode.Reader, pending.Ended.Cancel);

        async Task CarryToEndAsync()
        {
            using (stream)
            {
                await CarryAsync(stream.ResponseStream, new FrameRequests(stream.RequestStream), pending, pending.Ended.Token);
                try
                {
                    await stream.RequestStream.CompleteAsync(); // or the other server goes on listening for some seconds
                }
                catch (Exception over) when (over is RpcException or InvalidOperationException or IOException or OperationCanceledException)
                {
                    // It has ended the call itself.
                }
            }
        }
    }

    static async Task CarryAsync(IAsyncStreamReader<Frame> from, IAsyncStreamWriter<Frame> to, Pending call, CancellationToken token)
    {
        var sending = SendAsync();
        Exception? broken = null;
        try
        {
            while (await from.MoveNext(token))
            {
                await call.FromNode.Writer.WriteAsync(from.Current, token);
                if (from.Current.PartCase == Frame.PartOneofCase.Finish) break;
            }
        }
        catch (Exception failure) when (failure is RpcException or IOException or OperationCanceledException or ChannelClosedException)
        {
            broken = token.IsCancellationRequested ? null : failure;
        }

        call.FromNode.Writer.TryComplete(broken);
        call.ToNode.Writer.TryComplete(); // nobody takes any more, so nobody may wait to write
        await sending;

        async Task SendAsync()
        {
            try
            {
                await foreach (var frame in call.ToNode.Reader.ReadAllAsync(token)) await to.WriteAsync(frame, token);
            }
            catch (Exception failure) when (failure is RpcException or IOException or OperationCanceledException or InvalidOperationException)
            {
                call.ToNode.Writer.TryComplete(); // the other direction tells the caller how the call ended
            }
        }
    }

    static RpcException Unreachable(string node) =>
        new(new Status(StatusCode.Unavailable, $"node {node} has no session with any server at the moment"));

    sealed class Pending(string node)
    {
        public string Node => node;

        public TaskCompletionSource Opened { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Channel<Frame> ToNode { get; } = Channel.CreateBounded<Frame>(Window);

        public Channel<Frame> FromNode { get; } = Channel.CreateBounded<Frame>(Window);

        public CancellationTokenSource Ended { get; } = new();
    }

    sealed class FrameRequests(IClientStreamWriter<NodeCallRequest> requests) : IAsyncStreamWriter<Frame>
    {
        public WriteOptions? WriteOptions { get; set; }

        public Task WriteAsync(Frame message) => requests.WriteAsync(new NodeCallRequest { Frame = message });

        public Task WriteAsync(Frame message, CancellationToken cancellationToken) => requests.WriteAsync(new NodeCallRequest { Frame = message }, cancellationToken);
    }
}
