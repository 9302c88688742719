using System.Collections.Immutable;
using System.Net;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Orchestrator.ControlPlane.Store;
using Orchestrator.ControlPlane.Store.Raft;

namespace Orchestrator.ControlPlane.Tests.Store;

/// <summary>
/// One member of a Raft log in this process, with its tally.
/// </summary>
sealed class RaftMember : IAsyncDisposable
{
    public required StoreOptions Options { get; init; }
    public required RaftStateLog Log { get; init; }
    public required Tally Tally { get; init; }
    public required TaskCompletionSource<Exception> Broken { get; init; }

    public static ImmutableArray<StoreMember> Members(IEnumerable<IPEndPoint> endpoints) =>
        [.. endpoints.Select(endpoint => new StoreMember(endpoint, new Uri("http://127.0.0.1:1")))];

    public static StoreOptions Alone(string directory)
    {
        var endpoint = Ports.Free(1)[0];
        return new StoreOptions(directory, endpoint, Members([endpoint]));
    }

    public static async Task<RaftMember> OpenAsync(StoreOptions options, Tally? tally = null)
    {
        var broken = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        tally ??= new Tally();
        var log = await RaftStateLog.OpenAsync(
            options, tally, NullLoggerFactory.Instance, (wal, machine) => new DurableWal(wal, machine),
            bug => broken.TrySetResult(bug), CancellationToken.None);
        return new RaftMember { Options = options, Log = log, Tally = tally, Broken = broken };
    }

    /// <summary>A whole store in this process that has nobody else.</summary>
    public static Task<ClusterStore> OpenStoreAsync(StoreOptions options) => ClusterStore.OpenAsync(
        options, _ => throw new InvalidOperationException("there is no other server"), TimeProvider.System, NullLoggerFactory.Instance, CancellationToken.None);

    public async Task<int> WriteAsync(string entry)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        return (int)(await Log.ProposeAsync(Encoding.UTF8.GetBytes(entry), null, patience.Token))!;
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();
}
