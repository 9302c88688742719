using System.Net;
using System.Net.Sockets;
using Google.Protobuf;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Session;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>
/// A user's connection to a port of a pod. It is made inside the pod's network namespace to its loopback address, as the field's
/// port-forward does: what listens on loopback alone can be reached, and network policies have no say.
/// </summary>
sealed class PodForward(NetworkNamespace home, PodPlaces places)
{
    const int PieceBytes = 32 * 1024;
    static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(5);

    /// <exception cref="IOException">Nobody listens there.</exception>
    /// <exception cref="ArgumentException">It is no port.</exception>
    public async Task ServeAsync(Asker asker, PodRunner runner, ForwardStart start, CancellationToken cancel)
    {
        if (start.Port is 0 or > ushort.MaxValue)
            throw new ArgumentException($"{start.Port} is no port");
        using var socket = await ConnectAsync(runner, (int)start.Port, cancel);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var sending = SendAsync();
        var answering = AnswerAsync();
        // An answer may go on after the question's end, but not when nobody looks on any more.
        if (await Task.WhenAny(sending, answering) == sending)
            await Task.WhenAny(answering, asker.HungUpAsync());
        await over.CancelAsync();

        async Task SendAsync()
        {
            try
            {
                await foreach (var data in asker.ReceiveAsync(over.Token))
                    await socket.SendAsync(data, over.Token);
                socket.Shutdown(SocketShutdown.Send);
            }
            catch (SocketException)
            {
                // The other direction ends with it.
            }
        }

        async Task AnswerAsync()
        {
            var piece = new byte[PieceBytes];
            try
            {
                for (int count; (count = await socket.ReceiveAsync(piece, over.Token)) > 0;)
                    await asker.SendAsync(new Frame { Data = ByteString.CopyFrom(piece, 0, count) }, over.Token);
            }
            catch (SocketException)
            {
                // A reset ends the connection; whoever forwards closes theirs.
            }
        }
    }

    async Task<Socket> ConnectAsync(PodRunner runner, int port, CancellationToken cancel)
    {
        var inside = runner.Pod.Spec.HostNetwork ? home : new NetworkNamespace(places.NamespacesOf(runner.Uid).Network);
        var socket = inside.Run(() => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(ConnectTimeout);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, limit.Token);
            return socket;
        }
        catch (Exception e) when (e is SocketException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            socket.Dispose();
            throw new IOException($"nothing in pod {runner.Pod.Name} answers at port {port}: {(e is SocketException refused ? refused.Message : "no answer in 5 s")}", e);
        }
    }
}
