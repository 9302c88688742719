using System.Globalization;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Orchestrator.Bench.Etcd;
using Orchestrator.Contracts;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.Bench;

/// <summary>What both stores are asked: to put a value and to read it linearizably. Each over gRPC, with the same number of connections.</summary>
interface IKeyValues
{
    Task PutAsync(int client, string key, string value);

    Task GetAsync(int client, string key);
}

/// <summary>
/// Ours: a put is a command with one object, proposed at the server that leads, as other servers do it; a read is the API's own.
/// </summary>
/// <param name="channels">As a user.</param>
/// <param name="peers">As another server.</param>
sealed class OrchdKeyValues(GrpcChannel[] channels, GrpcChannel[] peers) : IKeyValues
{
    readonly HashSet<string> _there = [];

    long _retries;

    /// <summary>Puts that had to be sent again, because the leader was lost.</summary>
    public long Retries => Interlocked.Read(ref _retries);

    public async Task PutAsync(int client, string key, string value)
    {
        var record = new Record { Metadata = new ObjectMeta { Name = key, Uid = key }, Data = value };
        bool there;
        lock (_there) there = !_there.Add(key);
        var command = new Command(Guid.NewGuid().ToString("N"), DateTimeOffset.UtcNow, "bench") { Operations = [there ? new Update(record) : new Create(record)] };
        var request = new ProposeRequest { Command = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode(command)), WithoutResources = true };
        ProposeReply? reply = null;
        while (reply is null)
        {
            try
            {
                reply = await new Peer.PeerClient(peers[client % peers.Length]).ProposeAsync(request);
            }
            catch (RpcException again) when (again.StatusCode is StatusCode.Unavailable or StatusCode.FailedPrecondition)
            {
                Interlocked.Increment(ref _retries); // under its request id it is done once
                await Task.Delay(10);
            }
        }

        if (!reply.Result.Span.StartsWith("{\"result\":\"applied\""u8)) throw new InvalidOperationException($"refused: {reply.Result.ToStringUtf8()}");
    }

    public async Task GetAsync(int client, string key)
    {
        var reply = await new Cluster.ClusterClient(channels[client % channels.Length]).GetAsync(new GetRequest { Kind = Namespace.KindName, Name = key });
        if (reply.Json.Length < Load.ValueBytes) throw new InvalidOperationException("the value is short");
    }

    /// <summary>What <see cref="GetAsync"/> reads.</summary>
    public async Task PrepareReadsAsync(int keys, string value)
    {
        var request = new TransactRequest();
        for (var i = 0; i < keys; i++)
        {
            var put = new Namespace { Metadata = new ObjectMeta { Name = string.Create(CultureInfo.InvariantCulture, $"key-{i}"), Annotations = new Dictionary<string, string> { ["value"] = value } } };
            request.Operations.Add(new TransactOperation { Put = UnsafeByteOperations.UnsafeWrap(ModelJson.Encode<Resource>(put)) });
        }

        await new Cluster.ClusterClient(channels[0]).TransactAsync(request);
    }
}

/// <summary>etcd's.</summary>
sealed class EtcdKeyValues(GrpcChannel[] channels) : IKeyValues
{
    public async Task PutAsync(int client, string key, string value) =>
        await new KV.KVClient(channels[client % channels.Length]).PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) });

    public async Task GetAsync(int client, string key)
    {
        var reply = await new KV.KVClient(channels[client % channels.Length]).RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8(key) });
        if (reply.Kvs.Count != 1 || reply.Kvs[0].Value.Length < Load.ValueBytes) throw new InvalidOperationException("the value is short");
    }
}
