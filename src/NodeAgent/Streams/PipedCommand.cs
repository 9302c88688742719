using System.Diagnostics;
using Orchestrator.Contracts;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>A command with three pipes, as a shell without a terminal would start it.</summary>
sealed class PipedCommand(Process runtime) : RunningCommand(runtime)
{
    readonly Process _runtime = runtime;

    public override async Task TypeAsync(ReadOnlyMemory<byte> data)
    {
        try
        {
            await _runtime.StandardInput.BaseStream.WriteAsync(data);
            await _runtime.StandardInput.BaseStream.FlushAsync();
        }
        catch (IOException)
        {
            // It closed its input, which is its business.
        }
    }

    public override void EndInput() => _runtime.StandardInput.Close();

    public override void Resize(TerminalSize size)
    {
        // Pipes have no size.
    }

    public override Task CopyOutputAsync(Func<ExecReply, Task> send, CancellationToken cancel) => Task.WhenAll(
        CopyAsync(_runtime.StandardOutput.BaseStream, data => new ExecReply { Stdout = data }, send, cancel),
        CopyAsync(_runtime.StandardError.BaseStream, data => new ExecReply { Stderr = data }, send, cancel));
}
