using System.Globalization;
using Orchestrator.Runtime.Syscalls;

namespace Orchestrator.Runtime.Shim;

/// <summary>
/// One output stream of a container on its way into the log, in the CRI format: time, stream, F or P, text. P marks a part of a
/// line longer than 16 KiB. Allocates nothing while it copies.
/// </summary>
sealed class LogStream : IDisposable
{
    public const int MostLineBytes = 16 * 1024;

    const int MostHeadBytes = 64;
    const int TimeBytes = 27; // 2016-10-06T00:17:09.6697942, then 00Z

    // One thread, one buffer each for all streams: what is read, and what it becomes.
    static readonly byte[] Input = new byte[MostLineBytes];
    static readonly byte[] Output = new byte[2 * (MostLineBytes + MostHeadBytes)];

    readonly byte[] _name;
    readonly LogFile _log;
    byte[] _rest = [];
    int _restLength;

    public LogStream(Fd pipe, ReadOnlySpan<byte> name, LogFile log)
    {
        (Pipe, _log) = (pipe, log);
        _name = name.ToArray();
    }

    public Fd Pipe { get; }

    public bool IsOpen => Pipe.IsOpen;

    /// <summary>Copies what is there now; closes the pipe at its end.</summary>
    /// <param name="rounds">How many buffers at most, so that one loud container does not keep the others waiting.</param>
    public void Pump(int rounds)
    {
        for (var round = 0; round < rounds && IsOpen; round++)
        {
            var count = Kernel.ReadSome(Pipe, Input);
            if (count < 0) return;
            if (count == 0)
            {
                if (_restLength > 0) Emit(_rest.AsSpan(0, _restLength), [], full: true);
                _restLength = 0;
                Pipe.Dispose();
                return;
            }

            Split(Input.AsSpan(0, count));
        }
    }

    public void Dispose() => Pipe.Dispose();

    void Split(ReadOnlySpan<byte> input)
    {
        while (!input.IsEmpty)
        {
            var end = input.IndexOf((byte)'\n');
            var taken = Math.Min(end < 0 ? input.Length : end, MostLineBytes - _restLength);
            var complete = end >= 0 && taken == end;
            if (complete || _restLength + taken == MostLineBytes)
            {
                Emit(_rest.AsSpan(0, _restLength), input[..taken], complete);
                _restLength = 0;
            }
            else
            {
                Keep(input[..taken]);
            }

            input = input[(complete ? taken + 1 : taken)..];
        }
    }

    void Keep(ReadOnlySpan<byte> part)
    {
        if (_rest.Length < _restLength + part.Length)
            Array.Resize(ref _rest, Math.Min(MostLineBytes, Math.Max(256, 2 * (_restLength + part.Length))));
        part.CopyTo(_rest.AsSpan(_restLength));
        _restLength += part.Length;
    }

    void Emit(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool full)
    {
        var output = Output.AsSpan();
        DateTime.UtcNow.TryFormat(output, out _, "yyyy-MM-dd'T'HH:mm:ss.fffffff", CultureInfo.InvariantCulture);
        var length = TimeBytes;
        Put(output, ref length, "00Z "u8);
        Put(output, ref length, _name);
        Put(output, ref length, full ? " F "u8 : " P "u8);
        Put(output, ref length, first);
        Put(output, ref length, second);
        Put(output, ref length, "\n"u8);
        _log.Append(output[..length]);
    }

    static void Put(Span<byte> output, ref int length, ReadOnlySpan<byte> part)
    {
        part.CopyTo(output[length..]);
        length += part.Length;
    }
}
