using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>One client of the shim: lines in, lines out, neither of which may block the others.</summary>
sealed class Connection(Fd socket) : IDisposable
{
    const int MostLineBytes = 64 * 1024;
    const int MostWaitingBytes = 1024 * 1024; // a client that reads no more than this behind is dropped
    const int ChunkBytes = 4096;

    byte[] _input = [];
    byte[] _output = [];

    public Fd Socket { get; } = socket;

    /// <summary>A request is being carried out: the next one waits, so that answers come in order.</summary>
    public bool IsBusy { get; set; }

    /// <summary>Gets a line for every exit.</summary>
    public bool Watches { get; set; }

    public bool IsOpen => Socket.IsOpen;

    public bool HasOutput => _output.Length > 0;

    /// <summary>Takes in what has come; closes at the end, or when a line does not end.</summary>
    public void Receive()
    {
        Span<byte> chunk = stackalloc byte[ChunkBytes];
        var count = Kernel.ReadSome(Socket, chunk);
        if (count < 0) return;
        if (count == 0 || _input.Length + count > MostLineBytes)
        {
            Dispose();
            return;
        }

        _input = [.. _input, .. chunk[..count]];
    }

    /// <summary>The next whole line, or null.</summary>
    public byte[]? NextLine()
    {
        var end = _input.AsSpan().IndexOf((byte)'\n');
        if (end < 0) return null;
        var line = _input[..end];
        _input = _input[(end + 1)..];
        return line;
    }

    public void Send(byte[] line)
    {
        if (!IsOpen) return;
        _output = _output.Length == 0 ? line : [.. _output, .. line];
        Flush();
        if (_output.Length > MostWaitingBytes) Dispose();
    }

    public void Flush()
    {
        if (_output.Length == 0) return;
        var count = Kernel.WriteSome(Socket, _output);
        if (count < 0) Dispose();
        else _output = _output[count..];
    }

    public void Dispose() => Socket.Dispose();
}
