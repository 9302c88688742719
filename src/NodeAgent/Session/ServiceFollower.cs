using Grpc.Core;
using Microsoft.Extensions.Logging;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Journal;
using Orchestrator.NodeAgent.Networking;
using Orchestrator.NodeAgent.Networking.Policies;
using Orchestrator.NodeAgent.Networking.Services;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// Follows the services and policies as the control plane tells of them, makes the node's packet filter follow, and acknowledges what it is. While no server is there, and
/// after a restart, the last that was told stays in force.
/// </summary>
sealed partial class ServiceFollower(string node, ServiceMaps maps, PolicyFilter policies, PodJournal journal, TimeProvider time, ILogger log)
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Between two writes to the disk, at least: what is written is all of it, and only for the next start.</summary>
    static readonly TimeSpan KeepEvery = TimeSpan.FromSeconds(2);

    /// <summary>Many services take long to write, and are written the more seldom: at most this part of the time goes into it.</summary>
    const double MostOfTheTime = 0.05;

    NetworkObjects _objects = NetworkObjects.Empty;
    volatile bool _told;

    /// <summary>The services as they are known now.</summary>
    public NetworkObjects Objects => Volatile.Read(ref _objects);

    /// <summary>The same; null while nobody has ever told any.</summary>
    public NetworkObjects? Told => _told ? Objects : null;

    /// <summary>Takes up what is on disk.</summary>
    public async Task RestoreAsync(CancellationToken cancel)
    {
        try
        {
            HashSet<ServiceName> touched = [];
            var objects = journal.LoadServices().Aggregate(NetworkObjects.Empty, (known, each) => known.With(each, touched));
            Volatile.Write(ref _objects, objects);
            _told = journal.HasServices;
            await policies.SetAsync(objects.Policies.Values, cancel);
            await maps.SetAsync(objects, touched, cancel);
        }
        catch (Exception e) when (e is IOException or System.Text.Json.JsonException or TimeoutException)
        {
            LogTrouble(log, e.Message);
        }
    }

    /// <summary>Follows one server until the session with it ends.</summary>
    public async Task FollowAsync(Nodes.NodesClient client, CancellationToken cancel)
    {
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                using var call = client.Network(cancellationToken: cancel);
                await call.RequestStream.WriteAsync(new NetworkApplied { Node = node }, cancel);
                await FollowAsync(call, cancel);
            }
            catch (Exception e) when (e is RpcException or IOException or System.Text.Json.JsonException or TimeoutException or OperationCanceledException)
            {
                if (cancel.IsCancellationRequested) return;
                LogTrouble(log, e is RpcException rpc ? rpc.Status.Detail : e.Message);
            }

            await Task.Delay(Pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task FollowAsync(AsyncDuplexStreamingCall<NetworkApplied, NetworkChange> call, CancellationToken cancel)
    {
        HashSet<ServiceName> touched = [];
        var next = Objects;
        await foreach (var change in call.ResponseStream.ReadAllAsync(cancel))
        {
            if (change.Whole)
            {
                touched.UnionWith(Objects.All.Keys);
                next = NetworkObjects.Empty;
            }

            foreach (var put in change.Put) next = next.With(put.ToResource(), touched);
            foreach (var gone in change.Removed) next = next.Without(gone.Kind, gone.Namespace, gone.Name, touched);
            if (change.Revision == 0) continue; // the rest of it is coming
            Volatile.Write(ref _objects, next);
            _told = true;
            await policies.SetAsync(next.Policies.Values, cancel);
            await maps.SetAsync(next, touched, cancel);
            touched.Clear();
            await call.RequestStream.WriteAsync(new NetworkApplied { Node = node, Revision = change.Revision }, cancel);
        }
    }

    /// <summary>Writes the services to the disk as they change.</summary>
    public async Task KeepAsync(CancellationToken cancel)
    {
        var (kept, pause) = (Objects, KeepEvery);
        while (!cancel.IsCancellationRequested)
        {
            await Task.Delay(pause, time, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = Objects;
            if (ReferenceEquals(now, kept)) continue;
            try
            {
                var began = time.GetTimestamp();
                journal.SaveServices(now.Resources);
                kept = now;
                pause = TimeSpan.FromTicks(Math.Max(KeepEvery.Ticks, (long)(time.GetElapsedTime(began).Ticks / MostOfTheTime)));
            }
            catch (IOException e)
            {
                LogTrouble(log, e.Message);
            }
        }
    }

    [LoggerMessage(141, LogLevel.Error, "the services can't be followed, and are tried again: {Problem}")]
    private static partial void LogTrouble(ILogger log, string problem);
}
