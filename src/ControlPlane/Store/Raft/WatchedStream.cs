using System.Diagnostics;

namespace Orchestrator.ControlPlane.Store.Raft;

/// <summary>
/// One side of a connection on which requests and answers take turns. It is broken when the other side is silent for longer than
/// the present kind of request allows; whoever reads or writes then gets an error.
/// </summary>
abstract class WatchedStream : Stream
{
    readonly Stream _inner;
    readonly Timer _watch;

    protected WatchedStream(Stream inner, MessageTimeouts timeouts)
    {
        (_inner, Timeouts) = (inner, timeouts);
        _watch = new Timer(static stream => ((Stream)stream!).Dispose(), inner, Timeout.Infinite, Timeout.Infinite); // given one line above
    }

    public override bool CanRead => true;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    protected MessageTimeouts Timeouts { get; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Watch(BeforeRead());
        int read;
        try
        {
            read = await _inner.ReadAsync(buffer, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // Whoever asked waits no longer. The answer may still come, and must not be taken for that of the next request.
            await _inner.DisposeAsync();
            throw;
        }

        Watch(null);
        if (read > 0) AfterRead(buffer.Span[0]);
        return read;
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return;
        Watch(BeforeWrite(buffer.Span[0]));
        await _inner.WriteAsync(buffer, cancellationToken);
        Watch(null);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => _inner.FlushAsync(cancellationToken);

    public override void Flush() => _inner.Flush();
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <returns>How long to wait for the next bytes; null for as long as it takes.</returns>
    protected abstract TimeSpan? BeforeRead();

    protected abstract void AfterRead(byte first);

    /// <returns>How long the bytes may take to be accepted.</returns>
    protected abstract TimeSpan? BeforeWrite(byte first);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _watch.Dispose();
            _inner.Dispose();
        }

        base.Dispose(disposing);
    }

    void Watch(TimeSpan? limit)
    {
        try
        {
            _watch.Change(limit ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile, as the bytes will tell.
        }
    }
}

/// <summary>
/// The side that asks: what it writes after an answer begins the next request. The first request of a connection has no more time than a
/// vote: a new leader's first entries wait for all members, and the one that hung as the leader before is among them.
/// </summary>
sealed class AskingStream(Stream inner, MessageTimeouts timeouts, MemberPatience patience) : WatchedStream(inner, timeouts)
{
    byte _kind;
    long _asked;
    bool _answered = true;
    bool _new = true;

    TimeSpan Limit => Timeouts.Of(_kind) switch
    {
        var limit when limit == Timeouts.Vote => patience.Limit < Timeouts.SlowVote ? patience.Limit : Timeouts.SlowVote,
        var limit when limit == Timeouts.Entries && _new => patience.Limit,
        var limit => limit,
    };

    protected override TimeSpan? BeforeRead() => Limit;

    protected override void AfterRead(byte first)
    {
        if (!_answered) patience.Answered(Stopwatch.GetElapsedTime(_asked));
        _answered = true;
        _new = false;
    }

    protected override TimeSpan? BeforeWrite(byte first)
    {
        if (_answered) (_kind, _answered, _asked) = (first, false, Stopwatch.GetTimestamp());
        return Limit;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_answered) patience.Silent();
        base.Dispose(disposing);
    }
}

/// <summary>The side that is asked: between requests it waits for as long as nobody asks.</summary>
sealed class AskedStream(Stream inner, MessageTimeouts timeouts) : WatchedStream(inner, timeouts)
{
    byte _kind;
    bool _asked;

    protected override TimeSpan? BeforeRead() => _asked ? Timeouts.Of(_kind) : null;

    protected override void AfterRead(byte first)
    {
        if (!_asked) (_kind, _asked) = (first, true);
    }

    protected override TimeSpan? BeforeWrite(byte first)
    {
        _asked = false;
        return Timeouts.Of(_kind);
    }
}
