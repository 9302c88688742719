using System.Buffers;
using System.Net.Sockets;

namespace Orchestrator.Ingress.Outgoing;

/// <summary>One connection to a pod, and what was read from it and not yet used. One request at a time.</summary>
sealed class PodConnection(Socket socket, string authority) : IDisposable
{
    const int BufferBytes = 16 << 10;

    byte[]? _buffer;
    int _start, _end;

    /// <summary>address:port</summary>
    public string Authority => authority;

    /// <summary>When it was last of use, in milliseconds of <see cref="Environment.TickCount64"/>.</summary>
    public long RestsSince { get; private set; }

    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_start, _end - _start);

    public void Advance(int count) => _start += count;

    /// <summary>Sends the whole of it.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> data, CancellationToken token)
    {
        while (data.Length > 0) data = data[await socket.SendAsync(data, SocketFlags.None, token)..];
    }

    /// <summary>Reads more behind what is unread.</summary>
    /// <returns>False at the connection's end.</returns>
    public async ValueTask<bool> FillAsync(CancellationToken token)
    {
        MakeRoom();
        var count = await socket.ReceiveAsync(_buffer.AsMemory(_end), SocketFlags.None, token);
        _end += count;
        return count > 0;
    }

    /// <summary>Reads into a buffer of the caller's, what is unread first.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> into, CancellationToken token)
    {
        if (_start == _end) return socket.ReceiveAsync(into, SocketFlags.None, token);
        var count = Math.Min(into.Length, _end - _start);
        Unread[..count].CopyTo(into.Span);
        _start += count;
        return ValueTask.FromResult(count);
    }

    /// <summary>Between two requests.</summary>
    /// <returns>False when there is more to read than was asked for, so that it is not to be used again.</returns>
    public bool Rest(long now)
    {
        if (_start != _end) return false;
        RestsSince = now;
        if (_buffer is { } buffer) ArrayPool<byte>.Shared.Return(buffer);
        (_buffer, _start, _end) = (null, 0, 0);
        return true;
    }

    /// <summary>Whether the pod has closed it, or said something unasked, since it rests.</summary>
    public bool IsStale => socket.Poll(0, SelectMode.SelectRead);

    public void Dispose()
    {
        socket.Dispose();
        // The buffer is not given back: a read that is being broken off may still write to it.
        _buffer = null;
    }

    void MakeRoom()
    {
        var buffer = _buffer ??= ArrayPool<byte>.Shared.Rent(BufferBytes);
        if (_end < buffer.Length) return;
        var unread = _end - _start;
        if (_start == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
            buffer.AsSpan(0, unread).CopyTo(_buffer);
            ArrayPool<byte>.Shared.Return(buffer);
        }
        else
        {
            buffer.AsSpan(_start, unread).CopyTo(buffer);
        }

        (_start, _end) = (0, unread);
    }
}
