using System.Buffers;
using System.Diagnostics;
using DotNext.IO;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;
using Microsoft.Extensions.Logging;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// Feeds committed entries to the replicated state, and writes and installs its snapshots. Applying never waits for
/// a snapshot: one is written in the background from a frozen state.
/// </summary>
sealed partial class RaftMachine(
    IReplicatedState state, SnapshotDirectory snapshots, Proposals proposals, StoreOptions options, Action<Exception> broken, ILogger log)
    : IStateMachine, IAsyncDisposable
{
    const int CopyBytes = 128 * 1024;

    // Entries come from the log's own loop and snapshots from the network; the library does not keep the two apart.
    readonly SemaphoreSlim _applying = new(1, 1);

    Task _loading = Task.CompletedTask;
    Task _writing = Task.CompletedTask;
    volatile bool _wanted;
    long _applied;
    long _entriesSinceSnapshot;
    long _bytesSinceSnapshot;

    // What was written down last, before it was compressed. A snapshot waits for as much log: writing one costs its size, which the log
    // pays for, and a member that fetches a large one has the time to do so before the log goes on from the next.
    long _stateBytes;

    public ISnapshot? Snapshot => snapshots.Latest;

    /// <summary>The index of the last entry, or snapshot, that is in the state.</summary>
    public long AppliedIndex => Interlocked.Read(ref _applied);

    /// <summary>Loads the latest snapshot. Before the log is opened, which replays what came after it.</summary>
    public void Restore()
    {
        if (snapshots.Latest is { } latest)
        {
            Failpoints.Reach(Failpoint.Restoring);
            SnapshotFile.Read(latest.Path, stream => state.Load(stream, latest.Index));
            Interlocked.Exchange(ref _applied, latest.Index);
        }
    }

    /// <summary>Has a snapshot written with the next entry.</summary>
    public void WantSnapshot() => _wanted = true;

    /// <summary>The latest snapshot's file. Open, it can be read though a later one takes its place.</summary>
    public SnapshotOnDisk? OpenSnapshot()
    {
        while (snapshots.Latest is { } latest)
        {
            try
            {
                return new SnapshotOnDisk(latest.Index, new FileStream(latest.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, CopyBytes));
            }
            catch (FileNotFoundException) when (snapshots.Latest != latest)
            {
                // A later one has just taken its place.
            }
        }

        return null;
    }

    /// <summary>Completes when a snapshot that was accepted last is in the state.</summary>
    public Task Loaded() => Volatile.Read(ref _loading);

    public async ValueTask<long> ApplyAsync(LogEntry entry, CancellationToken token)
    {
        await _applying.WaitAsync(token);
        try
        {
            if (entry.IsSnapshot)
            {
                await InstallAsync(entry, token);
                return entry.Index;
            }

            await _loading;
            if (entry.Index <= AppliedIndex)
            {
                return AppliedIndex;
            }

            Failpoints.Reach(Failpoint.Applying);
            Apply(entry);
            Failpoints.Reach(Failpoint.Applied);
            return entry.Index;
        }
        finally
        {
            _applying.Release();
        }
    }

    public ValueTask ReclaimGarbageAsync(long watermark, CancellationToken token)
    {
        Failpoints.Reach(Failpoint.SnapshotsDeleting);
        snapshots.DeleteBefore(watermark);
        return ValueTask.CompletedTask;
    }

    /// <summary>Waits for work in the background to end. After the log is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        await _writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Loaded().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _applying.Dispose();
    }

    void Apply(LogEntry entry)
    {
        // A change of the members reaches this point without its content, and a new leader's first entry is empty.
        if (entry.TryGetPayload(out var payload) && payload.Length > 0)
        {
            var started = Stopwatch.GetTimestamp();
            var rented = payload.IsSingleSegment ? null : ArrayPool<byte>.Shared.Rent(checked((int)payload.Length));
            try
            {
                if (rented is not null)
                {
                    payload.CopyTo(rented);
                }

                var bytes = rented is null ? payload.FirstSpan : rented.AsSpan(0, (int)payload.Length);
                proposals.Applied(bytes, state.Apply(bytes[Proposals.HeadBytes..], entry.Index, proposals.MeaningOf(bytes)));
            }
            catch (Exception bug)
            {
                broken(new InvalidOperationException($"Applying entry {entry.Index} failed, which is a bug: {bug.Message}", bug));
                throw;
            }
            finally
            {
                if (rented is not null)
                {
                    ArrayPool<byte>.Shared.Return(rented);
                }
            }

            StoreMetrics.Applied(Stopwatch.GetElapsedTime(started));
        }

        Interlocked.Exchange(ref _applied, entry.Index);
        _entriesSinceSnapshot++;
        _bytesSinceSnapshot += payload.Length;
        if (_wanted || ((_entriesSinceSnapshot >= options.SnapshotEveryEntries || _bytesSinceSnapshot >= options.SnapshotEveryBytes)
            && _bytesSinceSnapshot >= Interlocked.Read(ref _stateBytes)))
        {
            StartSnapshot(entry.Index, entry.Term);
        }
    }

    void StartSnapshot(long index, long term)
    {
        if (!_writing.IsCompleted)
        {
            return;
        }

        _wanted = false;
        _entriesSinceSnapshot = 0;
        _bytesSinceSnapshot = 0;
        var write = state.Freeze();
        _writing = Task.Factory.StartNew(
            () => WriteSnapshot(index, term, write), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    void WriteSnapshot(long index, long term, Action<Stream> write)
    {
        var started = Stopwatch.GetTimestamp();
        var file = snapshots.NewFile();
        try
        {
            Interlocked.Exchange(ref _stateBytes, SnapshotFile.Write(file, index, term, write));
            snapshots.Publish(file, index);
            SnapshotWritten(index, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        catch (IOException cause)
        {
            // A full disk: the log just stays longer, and the next interval tries again.
            File.Delete(file);
            SnapshotFailed(cause, index);
        }
        catch (Exception bug)
        {
            broken(new InvalidOperationException($"Writing the snapshot at {index} failed, which is a bug: {bug.Message}", bug));
            throw;
        }
    }

    /// <summary>
    /// Takes a leader's snapshot. It is accepted when it is whole and durable; building the state from it is left to
    /// the background, because the leader's request would time out meanwhile. Entries and reads wait for that.
    /// </summary>
    async ValueTask InstallAsync(LogEntry entry, CancellationToken token)
    {
        await _loading;
        var file = snapshots.NewFile();
        try
        {
            await using var received = new FileStream(file, FileMode.Create, FileAccess.Write, FileShare.None, CopyBytes, useAsync: true);
            Failpoints.Reach(Failpoint.SnapshotReceiving);
            await entry.WriteToAsync(received, CopyBytes, token);
        }
        catch
        {
            File.Delete(file);
            throw;
        }

        Failpoints.Reach(Failpoint.SnapshotReceived);
        snapshots.Publish(file, entry.Index); // throws when the transfer broke: the library itself would take it for whole
        SnapshotReceived(entry.Index);
        if (entry.Index > AppliedIndex)
        {
            Volatile.Write(ref _loading, Task.Factory.StartNew(
                () => Load(entry.Index), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        }
    }

    void Load(long index)
    {
        try
        {
            Failpoints.Reach(Failpoint.SnapshotLoading);

            // The latest by now may be later than the one accepted, never earlier.
            Restore();
        }
        catch (Exception bug)
        {
            broken(new InvalidOperationException($"Loading the snapshot at {index} failed: {bug.Message}", bug));
            throw;
        }
    }

    [LoggerMessage(2001, LogLevel.Debug, "Snapshot at index {Index} written in {Milliseconds:0} ms")]
    partial void SnapshotWritten(long index, double milliseconds);

    [LoggerMessage(2002, LogLevel.Warning, "Snapshot at index {Index} could not be written; the log grows until the next one")]
    partial void SnapshotFailed(Exception cause, long index);

    [LoggerMessage(2003, LogLevel.Information, "Snapshot at index {Index} received from the leader")]
    partial void SnapshotReceived(long index);
}
