using System.Collections.Concurrent;
using System.IO.Hashing;
using System.Net;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.Contracts;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Store.Raft;
using Orchestrator.Model;
using Orchestrator.Model.Meta;
using Orchestrator.Model.State;
using Record = Orchestrator.Model.Meta.Record;
using Orchestrator.Testing;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// One server's store as a process of its own. Reads commands from standard input, "NUMBER VERB ARGUMENT", and answers on
/// standard output, "NUMBER ANSWER", in whatever order they are done.
/// </summary>
static class StoreMemberProgram
{
    /// <summary>As orchd does: whoever was killed may be back at once.</summary>
    static readonly GrpcChannelOptions Impatient = new() { InitialReconnectBackoff = TimeSpan.FromMilliseconds(100), MaxReconnectBackoff = TimeSpan.FromSeconds(1) };

    /// <param name="args">
    /// data directory, which member this is, snapshot interval in entries, "durable" or "stock", how many revisions are kept, how many of the following are
    /// members from the start, ADDRESS:RAFTPORT=PEERPORT... One that is no member from the start joins.
    /// </param>
    public static async Task RunAsync(string[] args)
    {
        var members = args[6..].Select(each => each.Split('=')).Select(parts => (Raft: IPEndPoint.Parse(parts[0]), Peer: parts[1]))
            .Select(at => new StoreMember(at.Raft, new Uri($"http://{at.Raft.Address}:{at.Peer}")))
            .ToArray();
        var self = members[int.Parse(args[1])];
        var first = int.Parse(args[5]);
        var options = new StoreOptions(args[0], self.Raft, [.. members[..first]])
        {
            SnapshotEveryEntries = long.Parse(args[2]),
            HistoryRevisions = int.Parse(args[4]),
            PeerAt = raft => members.First(each => each.Raft.Equals(raft)).Peer,
            Join = int.Parse(args[1]) >= first,
        };
        RaftStateLog.WalFactory wal = args[3] == "stock" ? (o, machine) => new WriteAheadLog(o, machine) : (o, machine) => new DurableWal(o, machine);

        var channels = new ConcurrentDictionary<StoreMember, Peer.PeerClient>();
        if (Environment.GetEnvironmentVariable(StoreProcess.FailpointVariable) is { } failpoint) ArmedFailpoint.Arm(failpoint);
        if (options.Join) await ClusterStore.FetchSnapshotAsync(options, members[..first].Select(Connect), CancellationToken.None);
        await using var store = await OpenOrRebuildAsync();
        await using var server = await ServeAsync(store, new IPEndPoint(self.Raft.Address, self.Peer.Port));
        _ = ClaimAlwaysAsync(store);
        _ = EndWhenFailedAsync(store);
        Say("0 ready");

        while (await Console.In.ReadLineAsync() is { } line)
        {
            var words = line.Split(' ');
            _ = AnswerAsync(store, words[0], words[1], words.Length > 2 ? words[2] : "");
        }

        async Task<ClusterStore> OpenOrRebuildAsync()
        {
            try
            {
                return await OpenAsync();
            }
            catch (CorruptDataException damage) when (members.Length > 1)
            {
                await Console.Error.WriteLineAsync(damage.Message);
                // As orchd does: the others may be about to choose another leader.
                await Eventually.HoldsAsync(() => IsRebuiltAsync(damage), "the data of a leader");
                return await OpenAsync();
            }
        }

        async Task<bool> IsRebuiltAsync(CorruptDataException damage)
        {
            try
            {
                await ClusterStore.RebuildAsync(options, members.Where(each => each != self).Select(Connect), damage, CancellationToken.None);
                return true;
            }
            catch (NoLeaderException)
            {
                return false;
            }
        }

        Task<ClusterStore> OpenAsync() => ClusterStore.OpenAsync(
            options,
            Connect,
            TimeProvider.System,
            () => Guid.NewGuid().ToString("N"),
            async state => await RaftStateLog.OpenAsync(
                options, state, NullLoggerFactory.Instance, wal, bug => Environment.FailFast(bug.ToString()), CancellationToken.None));

        Peer.PeerClient Connect(StoreMember member) => channels.GetOrAdd(member, each => new Peer.PeerClient(GrpcChannel.ForAddress(each.Peer, Impatient)));
    }

    static async Task<WebApplication> ServeAsync(ClusterStore store, IPEndPoint at)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(at, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(store);
        var server = builder.Build();
        server.MapGrpcService<PeerService>();
        await server.StartAsync();
        return server;
    }

    /// <summary>Claims the leadership whenever it has it, as the controllers' host does.</summary>
    static async Task ClaimAlwaysAsync(ClusterStore store)
    {
        while (true)
        {
            var claim = await store.ClaimLeadershipAsync(CancellationToken.None);
            var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = claim.Lost.Register(lost.SetResult);
            await lost.Task;
        }
    }

    /// <summary>A server whose log has failed ends, as orchd does.</summary>
    static async Task EndWhenFailedAsync(ClusterStore store)
    {
        var cause = await store.Failed;
        await Console.Error.WriteLineAsync($"the log failed: {cause.Message}");
        Environment.Exit(1);
    }

    static async Task AnswerAsync(ClusterStore store, string number, string verb, string argument)
    {
        try
        {
            switch (verb)
            {
                case "write":
                    var command = new Command($"write-{argument}", DateTimeOffset.UtcNow, "test")
                    {
                        Operations = [new Create(new Record { Metadata = new ObjectMeta { Name = argument, Uid = argument } })],
                    };
                    var result = await store.WriteAsync(command);
                    Say($"{number} {(result is Applied applied ? $"ok {applied.Revision}" : $"refused {result.GetType().Name}")}");
                    break;
                case "read":
                    Say($"{number} {Names(await store.ReadAsync())}");
                    break;
                case "command":
                    Say($"{number} {StoreText.Of(await store.WriteAsync(ModelJson.Decode<Command>(Convert.FromBase64String(argument))))}");
                    break;
                case "objects":
                    Say($"{number} {StoreText.Of(await store.ReadAsync())}");
                    break;
                case "follow":
                    await foreach (var revision in store.WatchAsync(long.Parse(argument))) Say($"{number} {StoreText.Of(revision)}");
                    break;
                case "has":
                    Say($"{number} {(await store.ReadAsync()).Find(new ResourceKey(Record.KindName, "", argument)) is not null}");
                    break;
                case "names":
                    Say($"{number} {Names(store.Current)}");
                    break;
                case "state":
                    var log = (RaftStateLog)store.Log;
                    Say($"{number} {store.Current.Revision} {Hash(store.Current)} {log.AppliedIndex} {log.SnapshotIndex} {store.IsLeader}");
                    break;
                case "backup":
                    using (var backup = await store.BackupAsync(CancellationToken.None))
                    {
                        await using (var file = File.Create(argument)) await backup.Content.CopyToAsync(file);
                        Say($"{number} {backup.Revision} {backup.Objects}");
                    }

                    break;
                case "fail":
                    ArmedFailpoint.Arm(argument);
                    Say($"{number} ok");
                    break;
                case "snapshot":
                    store.Log.WantSnapshot();
                    Say($"{number} ok");
                    break;
                case "spare":
                    Failpoints.Set(null);
                    Say($"{number} ok");
                    break;
                case "last":
                    var wal = ((RaftStateLog)store.Log).Wal;
                    Say($"{number} {wal.LastEntryIndex} {wal.LastEntryIndex - wal.LastCommittedEntryIndex}");
                    break;
                case "members":
                    Say($"{number} {string.Join(',', store.Members.Select(each => each.Port))}");
                    break;
                case "add" or "remove":
                    await store.ChangeMembersAsync(new IPEndPoint(IPAddress.Loopback, int.Parse(argument)), verb == "add", CancellationToken.None);
                    Say($"{number} ok");
                    break;
                case "watch":
                    await foreach (var revision in store.WatchAsync(long.Parse(argument)))
                    {
                        Say($"{number} {revision.Revision} {string.Join(',', revision.Changes.Select(change => change.Key.Name))}");
                    }

                    break;
                default:
                    Say($"{number} error unknown verb {verb}");
                    break;
            }
        }
        catch (Exception error)
        {
            Say($"{number} error {error.GetType().Name} {error.Message.ReplaceLineEndings(" ")}");
        }
    }

    static string Names(ClusterState state) => string.Join(',', state.All<Record>(Record.KindName).Select(record => record.Name));

    static string Hash(ClusterState state) => Convert.ToHexString(XxHash128.Hash(ModelJson.Encode(Snapshot.Of(state))));

    static void Say(string line)
    {
        lock (Console.Out)
        {
            Console.Out.WriteLine(line);
            Console.Out.Flush();
        }
    }
}
