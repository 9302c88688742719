using Google.Protobuf;
using Orchestrator.Contracts;
using Orchestrator.NodeAgent.Containers;
using Orchestrator.NodeAgent.Pods;
using Orchestrator.NodeAgent.Session;
using Orchestrator.Reconcile.Pods;

namespace Orchestrator.NodeAgent.Streams;

/// <summary>
/// A command that a user runs inside a running container. It lasts no longer than somebody looks on: with a terminal that hangs up
/// then, without one it is told SIGTERM.
/// </summary>
sealed class ContainerExec(OciRuntime runtime, PodPlaces places, string directory)
{
    /// <summary>How long what the command left running may go on writing to its streams.</summary>
    static readonly TimeSpan OutputTimeout = TimeSpan.FromSeconds(1);

    /// <exception cref="InvalidOperationException">The container does not run.</exception>
    /// <exception cref="ArgumentException">The request makes no sense.</exception>
    /// <exception cref="IOException">The runtime fails.</exception>
    public async Task ServeAsync(Asker asker, PodRunner runner, ExecStart start, CancellationToken cancel)
    {
        using var command = await BeginAsync(runner, start, cancel);
        using SemaphoreSlim turn = new(1);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var output = command.CopyOutputAsync(SendAsync, over.Token);
        var gone = ListenAsync(asker, command, start.Stdin, over.Token);
        var exit = command.ExitAsync(cancel);
        if (await Task.WhenAny(exit, gone) == gone)
        {
            command.HangUp();
            await over.CancelAsync();
            throw new OperationCanceledException("nobody looks on any more");
        }

        await Task.WhenAny(output, Task.Delay(OutputTimeout, cancel));
        await over.CancelAsync();
        await SendAsync(new ExecReply { ExitCode = await exit });

        async Task SendAsync(ExecReply reply)
        {
            await turn.WaitAsync(cancel);
            try
            {
                await asker.SendAsync(new Frame { Data = reply.ToByteString() }, cancel);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    async Task<RunningCommand> BeginAsync(PodRunner runner, ExecStart start, CancellationToken cancel)
    {
        if (start.Command.Count == 0)
            throw new ArgumentException("no command is named");
        var container = AskedContainer.Of(runner.Pod, start.Container);
        var facts = runner.Facts.Of(container);
        if (facts.Stage != ContainerStage.Running)
            throw new InvalidOperationException($"container {container} of pod {runner.Pod.Name} does not run: {AskedContainer.WhyNot(runner, container)}");
        var id = PodPlaces.IdOf(runner.Uid, container, facts.Instances - 1);
        return start.Tty
            ? await TerminalCommand.StartAsync(runtime, id, places.BundleOf(runner.Uid, id), start, directory, cancel)
            : new PipedCommand(runtime.BeginExec(id, start.Command));
    }

    /// <summary>Hands on what the one who asked sends, and ends when they are gone.</summary>
    static async Task ListenAsync(Asker asker, RunningCommand command, bool stdin, CancellationToken cancel)
    {
        if (!stdin)
            command.EndInput();
        await foreach (var data in asker.ReceiveAsync(cancel))
        {
            var request = ExecRequest.Parser.ParseFrom(data.Span);
            if (request.PartCase == ExecRequest.PartOneofCase.Size)
                command.Resize(request.Size);
            else if (stdin)
                await command.TypeAsync(request.Stdin.Memory);
        }

        if (stdin)
            command.EndInput();
        await asker.HungUpAsync();
    }
}
