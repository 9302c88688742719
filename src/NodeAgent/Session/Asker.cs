using System.Runtime.CompilerServices;
using Grpc.Core;
using Orchestrator.Contracts;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// The other end of one call that this node answers: frames to it, frames from it, and whether it is still there.
/// </summary>
sealed class Asker(AsyncDuplexStreamingCall<Frame, Frame> stream) : IDisposable
{
    Task? _hungUp;

    public Task SendAsync(Frame frame, CancellationToken cancel) => stream.RequestStream.WriteAsync(frame, cancel);

    /// <summary>The data it sends, up to its finish. Not together with HungUpAsync.</summary>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> ReceiveAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        while (await stream.ResponseStream.MoveNext(cancel) && stream.ResponseStream.Current.PartCase != Frame.PartOneofCase.Finish)
            yield return stream.ResponseStream.Current.Data.Memory;
    }

    /// <summary>Completes when it ends the call, however it does. Never fails.</summary>
    public Task HungUpAsync() => _hungUp ??= ListenAsync();

    async Task ListenAsync()
    {
        try
        {
            while (await stream.ResponseStream.MoveNext(CancellationToken.None))
            {
            }
        }
        catch (Exception e) when (e is RpcException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // Gone is gone.
        }
    }

    public void Dispose() => stream.Dispose();
}
