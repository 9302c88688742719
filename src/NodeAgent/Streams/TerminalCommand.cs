using System.Diagnostics;
using Google.Protobuf;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Containers;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>A command with a terminal of its own.</summary>
sealed class TerminalCommand : RunningCommand
{
    const int PieceBytes = 16 * 1024;

    readonly PseudoTerminal _console;
    Task _printing = Task.CompletedTask;

    TerminalCommand(Process runtime, PseudoTerminal console)
        : base(runtime) => _console = console;

    /// <param name="sockets">A directory that only root can enter, for the socket over which the terminal comes.</param>
    /// <exception cref="IOException">The command can't be started; the runtime's words.</exception>
    public static async Task<TerminalCommand> StartAsync(OciRuntime runtime, string id, IReadOnlyList<string> command, string sockets, CancellationToken cancel)
    {
        using ConsoleListener listener = new(sockets);
        var process = runtime.BeginExec(id, command, listener.Path);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        try
        {
            process.StandardInput.Close();
            var accepted = listener.AcceptAsync(ended.Token);
            if (await Task.WhenAny(accepted, process.WaitForExitAsync(ended.Token)) == accepted)
                return new TerminalCommand(process, await accepted);
            await ended.CancelAsync();
            throw new IOException((await process.StandardError.ReadToEndAsync(cancel)).Trim());
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    // The terminal's buffer is small and waits for the command: that wait is a thread's.
    public override Task TypeAsync(ReadOnlyMemory<byte> data) => Task.Run(() => _console.Write(data.Span));

    public override void EndInput()
    {
        // A terminal's input has no end; what stands for one is typed.
    }

    public override void Resize(TerminalSize size) => _console.Resize(size.Columns, size.Rows);

    public override Task CopyOutputAsync(Func<ExecReply, Task> send, CancellationToken cancel) =>
        _printing = Task.Factory.StartNew(() => Print(send), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public override void HangUp() => _console.End();

    public override void Dispose()
    {
        _console.End();
        _printing.ContinueWith(_ => _console.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        base.Dispose();
    }

    void Print(Func<ExecReply, Task> send)
    {
        var piece = new byte[PieceBytes];
        for (int count; (count = _console.Read(piece)) > 0;)
            send(new ExecReply { Stdout = ByteString.CopyFrom(piece, 0, count) }).GetAwaiter().GetResult();
    }
}
