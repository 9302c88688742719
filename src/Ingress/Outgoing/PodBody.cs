namespace Orchestrator.Ingress.Outgoing;

/// <summary>The body of an answer, read from the pod as it is asked for. At its end the connection is given back; one that is left earlier is closed.</summary>
abstract class PodBody(PodConnection connection, Action<PodConnection>? giveBack) : Stream
{
    bool _over;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    protected PodConnection Connection => connection;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_over || buffer.Length == 0) return 0;
        try
        {
            return await ReadSomeAsync(buffer, cancellationToken);
        }
        catch
        {
            BreakOff();
            throw;
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("bodies are read asynchronously only");

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>At least one byte, or 0 after the end was told by <see cref="End"/>.</summary>
    protected abstract ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken token);

    /// <summary>All of it was read.</summary>
    protected void End()
    {
        if (_over) return;
        _over = true;
        if (giveBack is null) connection.Dispose();
        else giveBack(connection);
    }

    /// <summary>The pod ended the connection in the middle of it.</summary>
    protected static HttpIOException CutOff() => new(HttpRequestError.ResponseEnded, "the pod closed the connection before its answer was whole");

    protected override void Dispose(bool disposing)
    {
        BreakOff();
        base.Dispose(disposing);
    }

    void BreakOff()
    {
        if (_over) return;
        _over = true;
        connection.Dispose();
    }
}

/// <summary>A body of a known length.</summary>
sealed class LengthBody(PodConnection connection, long length, Action<PodConnection>? giveBack) : PodBody(connection, giveBack)
{
    long _left = length;

    protected override async ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken token)
    {
        var count = await Connection.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], token);
        if (count == 0) throw CutOff();
        _left -= count;
        if (_left == 0) End();
        return count;
    }
}

/// <summary>A body that lasts as long as the connection.</summary>
sealed class ClosingBody(PodConnection connection) : PodBody(connection, giveBack: null)
{
    protected override async ValueTask<int> ReadSomeAsync(Memory<byte> buffer, CancellationToken token)
    {
        var count = await Connection.ReadAsync(buffer, token);
        if (count == 0) End();
        return count;
    }
}
