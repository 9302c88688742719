using System.Threading.Channels;
using Grpc.Core;
using Orchestrator.Contracts;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// The other end of one call that this node answers: frames to it, data from it, and whether it is still there.
/// </summary>
sealed class Asker : IDisposable
{
    // What comes faster than it is taken waits on the network.
    const int Window = 4;

    readonly AsyncDuplexStreamingCall<Frame, Frame> _stream;
    readonly Channel<ReadOnlyMemory<byte>> _received = Channel.CreateBounded<ReadOnlyMemory<byte>>(Window);
    readonly Task _listening;

    public Asker(AsyncDuplexStreamingCall<Frame, Frame> stream)
    {
        _stream = stream;
        _listening = ListenAsync();
    }

    public Task SendAsync(Frame frame, CancellationToken cancel) => _stream.RequestStream.WriteAsync(frame, cancel);

    /// <summary>
    /// Says how the call went, and that nothing more comes. Without that the server goes on listening for some seconds to each call that is over, and takes two hundred of them
    /// for a flood: then it refuses the next.
    /// </summary>
    /// <param name="error">What went wrong; empty when all went well.</param>
    public async Task FinishAsync(string error, CancellationToken cancel)
    {
        await SendAsync(new Frame { Finish = new Finish { Error = error } }, cancel);
        await _stream.RequestStream.CompleteAsync();
    }

    /// <summary>The data it sends, up to its finish. To be left off at any time.</summary>
    /// <exception cref="IOException">It has gone without a finish: what came is not the whole.</exception>
    /// <exception cref="RpcException">As above, because the stream broke.</exception>
    public IAsyncEnumerable<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken cancel) => _received.Reader.ReadAllAsync(cancel);

    /// <summary>Completes when it ends the call, however it does. Never fails. What it still sends is dropped.</summary>
    public Task HungUpAsync()
    {
        _received.Writer.TryComplete();
        return _listening;
    }

    public void Dispose() => _stream.Dispose();

    async Task ListenAsync()
    {
        try
        {
            // A token given to MoveNext would cancel the call, not the wait.
            while (await _stream.ResponseStream.MoveNext(CancellationToken.None))
                await TakeAsync(_stream.ResponseStream.Current);
            _received.Writer.TryComplete(new IOException("the other side has gone before it had finished"));
        }
        catch (Exception e) when (e is RpcException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            _received.Writer.TryComplete(e);
        }
    }

    async Task TakeAsync(Frame frame)
    {
        if (frame.PartCase == Frame.PartOneofCase.Finish)
        {
            _received.Writer.TryComplete();
            return;
        }

        try
        {
            await _received.Writer.WriteAsync(frame.Data.Memory);
        }
        catch (ChannelClosedException)
        {
            // Nobody takes it any more.
        }
    }
}
