using System.Diagnostics;
using Google.Protobuf;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>A command inside a container with somebody at its streams: with pipes, or with a terminal.</summary>
abstract class RunningCommand(Process runtime) : IDisposable
{
    const int PieceBytes = 32 * 1024;

    /// <summary>Hands over what was typed, and waits while the command does not read. What it never reads is dropped.</summary>
    public abstract Task TypeAsync(ReadOnlyMemory<byte> data);

    public abstract void EndInput();

    public abstract void Resize(TerminalSize size);

    /// <summary>All it writes, until nobody has its streams open any more.</summary>
    public abstract Task CopyOutputAsync(Func<ExecReply, Task> send, CancellationToken cancel);

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code; 128 and the signal's number for a death by signal.</returns>
    public async Task<int> ExitAsync(CancellationToken cancel)
    {
        await runtime.WaitForExitAsync(cancel);
        return runtime.ExitCode;
    }

    /// <summary>Nobody looks on any more: asks it to end.</summary>
    public virtual void HangUp()
    {
        // The runtime passes it on. One that ended meanwhile is not there to take it, which is as well.
        if (!runtime.HasExited)
            _ = Libc.Kill(runtime.Id, Libc.SignalTerminate);
    }

    public virtual void Dispose() => runtime.Dispose();

    protected static async Task CopyAsync(Stream from, Func<ByteString, ExecReply> reply, Func<ExecReply, Task> send, CancellationToken cancel)
    {
        var piece = new byte[PieceBytes];
        for (int count; (count = await from.ReadAsync(piece, cancel)) > 0;)
            await send(reply(ByteString.CopyFrom(piece, 0, count)));
    }
}
