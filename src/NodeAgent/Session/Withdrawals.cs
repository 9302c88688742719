using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Networking;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// Has the control plane say when nobody sends anything new to a pod: a pod is asked to stop only then, or after a few seconds of not knowing, and an address
/// goes to the next pod only then, however long that takes.
/// </summary>
sealed partial class Withdrawals(NodeNetwork network, TimeProvider time, ILogger log)
{
    /// <summary>As long as a lost node keeps its lease, and a bit: then it is no longer waited for.</summary>
    static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan AskTimeout = TimeSpan.FromSeconds(10);
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    Nodes.NodesClient? _client;

    /// <summary>Takes the client of the present session; null while there is none.</summary>
    public void Use(Nodes.NodesClient? client) => Volatile.Write(ref _client, client);

    /// <summary>Waits until the pod is sent nothing new, for a few seconds at most.</summary>
    public async Task BeforeStopAsync(string podUid, CancellationToken cancel)
    {
        if (!await AskAsync(podUid, StopPatience, cancel)) LogNotKnown(log, podUid);
    }

    /// <summary>Releases addresses that rest, each as soon as that is known to be harmless.</summary>
    public async Task RunAsync(CancellationToken cancel)
    {
        Dictionary<string, Task> asking = [];
        while (!cancel.IsCancellationRequested)
        {
            foreach (var uid in network.Resting())
            {
                if (asking.TryAdd(uid, Task.CompletedTask)) asking[uid] = ReleaseAsync(uid, cancel);
            }

            foreach (var done in asking.Where(each => each.Value.IsCompleted).Select(each => each.Key).ToList()) asking.Remove(done);
            await Task.Delay(Pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(asking.Values).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    async Task ReleaseAsync(string uid, CancellationToken cancel)
    {
        if (await AskAsync(uid, AskTimeout, cancel)) network.Release(uid);
    }

    async Task<bool> AskAsync(string podUid, TimeSpan patience, CancellationToken cancel)
    {
        if (Volatile.Read(ref _client) is not { } client) return false;
        try
        {
            await client.WithdrawnAsync(new WithdrawnRequest { PodUid = podUid }, deadline: time.GetUtcNow().UtcDateTime + patience, cancellationToken: cancel);
            return true;
        }
        catch (Exception e) when (e is RpcException or ObjectDisposedException or InvalidOperationException && !cancel.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(140, LogLevel.Warning, "pod {Uid} is asked to stop although it is not known that nobody sends to it any more")]
    private static partial void LogNotKnown(ILogger log, string uid);
}
