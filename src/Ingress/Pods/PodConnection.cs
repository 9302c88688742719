using System.Net.Sockets;

namespace Orchestrator.Ingress.Pods;

/// <summary>
/// A connection to a pod that is kept from request to request. While nobody uses it, it already waits for what comes next, so that one which the pod has closed, or on
/// which it speaks unasked, is known for it before a request is sent. Not for two at once, <see cref="Abort"/> excepted.
/// </summary>
sealed class PodConnection(Socket socket, TimeProvider time) : IDisposable
{
    /// <summary>Bytes of an answer's head, or of a line between two pieces of its body; a pod that sends more is not understood.</summary>
    const int MaxBuffered = 64 << 10;

    const int FirstBuffer = 8 << 10;

    byte[] _buffer = new byte[FirstBuffer];
    int _from;
    int _to;
    ValueTask<int> _ahead;
    bool _isAhead;
    long _touched = time.GetTimestamp();

    /// <summary>True while it is open and the pod has said nothing since the last answer.</summary>
    public bool IsQuiet => _isAhead && !_ahead.IsCompleted;

    /// <summary>True once it was given up because nothing moved.</summary>
    public bool IsTimedOut { get; private set; }

    /// <summary>How long nothing has moved.</summary>
    public TimeSpan Idle => time.GetElapsedTime(Volatile.Read(ref _touched));

    /// <summary>True when bytes wait in the kernel.</summary>
    public bool HasMore => socket.Available > 0;

    /// <summary>What has come and was not used yet.</summary>
    public ReadOnlySpan<byte> Unread => _buffer.AsSpan(_from, _to - _from);

    public void Use(int bytes) => _from += bytes;

    /// <summary>Begins to wait for the next answer. Everything of the last one has been used.</summary>
    public void ReadAhead()
    {
        Touch();
        (_from, _to) = (0, 0);
        if (_buffer.Length > FirstBuffer) _buffer = new byte[FirstBuffer]; // one large head is not kept for ever
#pragma warning disable CA2012 // awaited once, by the first Fill after this; without that, its socket is closed
        _ahead = socket.ReceiveAsync(_buffer.AsMemory(), SocketFlags.None);
#pragma warning restore CA2012
        _isAhead = true;
    }

    /// <exception cref="SocketException">It is broken, or was given up.</exception>
    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> bytes)
    {
        Touch();
        return socket.SendAsync(bytes, SocketFlags.None);
    }

    /// <summary>What was read ahead; <see cref="Took"/> has to be told.</summary>
    /// <exception cref="SocketException">It is broken, or was given up.</exception>
    public ValueTask<int> AheadAsync()
    {
        _isAhead = false;
        return _ahead;
    }

    /// <summary>Notes bytes that have come into the buffer; false when the pod has closed the connection.</summary>
    public bool Took(int bytes)
    {
        Touch();
        _to += bytes;
        return bytes > 0;
    }

    /// <summary>Waits for more than is unread; false when the pod has closed the connection.</summary>
    /// <exception cref="SocketException">It is broken, or was given up.</exception>
    /// <exception cref="HttpRequestException">More is unread than any pod has to say before it is used.</exception>
    public async ValueTask<bool> FillAsync()
    {
        MakeRoom();
        return Took(await socket.ReceiveAsync(_buffer.AsMemory(_to), SocketFlags.None));
    }

    /// <summary>Reads past the buffer, of which everything has been used. 0 when the pod has closed the connection.</summary>
    /// <exception cref="SocketException">It is broken, or was given up.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> into)
    {
        var read = await socket.ReceiveAsync(into, SocketFlags.None);
        Touch();
        return read;
    }

    /// <summary>Ends whatever is under way on it, from any thread.</summary>
    public void Abort() => socket.Dispose();

    /// <summary>Ends it because nothing moves.</summary>
    public void TimeOut()
    {
        IsTimedOut = true;
        Abort();
    }

    public void Dispose() => socket.Dispose();

    void Touch() => Volatile.Write(ref _touched, time.GetTimestamp());

    void MakeRoom()
    {
        if (_to < _buffer.Length) return;
        if (_from > 0)
        {
            Unread.CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
            return;
        }

        if (_buffer.Length == MaxBuffered) throw new HttpRequestException(HttpRequestError.ConfigurationLimitExceeded, $"the pod sends more than {MaxBuffered} bytes at once");
        Array.Resize(ref _buffer, MaxBuffered);
    }
}
