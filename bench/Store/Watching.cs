using System.Diagnostics;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Bench.Etcd;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using EtcdWatchRequest = Orchestrator.Bench.Etcd.WatchRequest;
using WatchRequest = Orchestrator.Contracts.WatchRequest;

namespace Orchestrator.Bench;

/// <summary>Many watchers of the same objects, each on a stream of its own: how soon all have heard of everything.</summary>
static class Watching
{
    const int Watchers = 1000, Changes = 100;

    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <returns>Changes delivered a second, to all watchers together.</returns>
    public static Task<double> OrchdAsync(GrpcChannel[] channels)
    {
        return MeasureAsync(
            async (watcher, heard, ready, token) =>
            {
                using var call = new Cluster.ClusterClient(channels[watcher % channels.Length]).Watch(new WatchRequest { Kind = Namespace.KindName, Selector = "watched" }, cancellationToken: token);
                await foreach (var reply in call.ResponseStream.ReadAllAsync(token))
                {
                    if (reply.Type == WatchReply.Types.Type.Bookmark) ready();
                    else heard();
                }
            },
            async change =>
            {
                var put = new Namespace { Metadata = new ObjectMeta { Name = $"watched-{change}", Labels = new Dictionary<string, string> { ["watched"] = "yes" } } };
                await new Cluster.ClusterClient(channels[0]).TransactAsync(new TransactRequest { Operations = { new TransactOperation { Put = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode<Resource>(put)) } } });
            });
    }

    /// <returns>As above.</returns>
    public static Task<double> EtcdAsync(GrpcChannel[] channels)
    {
        var value = ByteString.CopyFrom(new byte[200]); // as long as the object above
        return MeasureAsync(
            async (watcher, heard, ready, token) =>
            {
                using var call = new Watch.WatchClient(channels[watcher % channels.Length]).Watch(cancellationToken: token);
                await call.RequestStream.WriteAsync(new EtcdWatchRequest { CreateRequest = new WatchCreateRequest { Key = ByteString.CopyFromUtf8("watched-"), RangeEnd = ByteString.CopyFromUtf8("watched.") } }, token);
                await foreach (var reply in call.ResponseStream.ReadAllAsync(token))
                {
                    if (reply.Created) ready();
                    for (var i = 0; i < reply.Events.Count; i++) heard();
                }
            },
            change => new KV.KVClient(channels[0]).PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8($"watched-{change}"), Value = value }).ResponseAsync);
    }

    static async Task<double> MeasureAsync(Func<int, Action, Action, CancellationToken, Task> watch, Func<int, Task> change)
    {
        using var stop = new CancellationTokenSource(Patience);
        var (ready, heard) = (0, 0);
        var watching = Enumerable.Range(0, Watchers).Select(watcher => watch(watcher, () => Interlocked.Increment(ref heard), () => Interlocked.Increment(ref ready), stop.Token)).ToArray();
        while (Volatile.Read(ref ready) < Watchers) await Task.Delay(10, stop.Token);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Changes; i++) await change(i);
        while (Volatile.Read(ref heard) < Watchers * Changes) await Task.Delay(1, stop.Token);
        var took = clock.Elapsed;
        await stop.CancelAsync();
        await Task.WhenAll(watching).ContinueWith(static _ => { }, TaskScheduler.Default); // they end by the cancellation
        return Watchers * Changes / took.TotalSeconds;
    }
}
