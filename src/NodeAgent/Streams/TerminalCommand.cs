using System.Diagnostics;
using Google.Protobuf;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Containers;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>A command with a terminal of its own.</summary>
sealed class TerminalCommand : RunningCommand
{
    const int PieceBytes = 16 * 1024;

    readonly Process _runtime;
    readonly PseudoTerminal _console;
    Task _printing = Task.CompletedTask;

    TerminalCommand(Process runtime, PseudoTerminal console)
        : base(runtime) => (_runtime, _console) = (runtime, console);

    /// <param name="directory">One that only root can enter.</param>
    /// <param name="bundle">The container's.</param>
    /// <exception cref="IOException">The command can't be started; the runtime's words.</exception>
    public static async Task<TerminalCommand> StartAsync(OciRuntime runtime, string id, string bundle, ExecStart start, string directory, CancellationToken cancel)
    {
        using ConsoleListener listener = new(directory);
        using var description = TerminalProcess.Write(directory, bundle, start);
        var process = runtime.BeginExec(id, description.Path, listener.Path);
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

    // What comes by the other way are the runtime's own words.
    public override Task CopyOutputAsync(Func<ExecReply, Task> send, CancellationToken cancel)
    {
        _printing = Task.Factory.StartNew(() => Print(send), cancel, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return Task.WhenAll(_printing, CopyAsync(_runtime.StandardError.BaseStream, data => new ExecReply { Stderr = data }, send, cancel));
    }

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
