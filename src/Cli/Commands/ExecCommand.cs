using System.CommandLine;
using System.CommandLine.Parsing;
using System.Runtime.InteropServices;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Win32.SafeHandles;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch exec</c>: runs a command in a container; its exit code is the command's.</summary>
static class ExecCommand
{
    const int PieceBytes = 32 * 1024, StandardInput = 0;

    public static Command Create(SharedOptions shared)
    {
        var target = new Argument<string>("pod") { Description = "a pod, or deployment/web for one of its pods" };
        var words = new Argument<string[]>("command") { Description = "after --, the program and its arguments", Arity = ArgumentArity.ZeroOrMore };
        var container = new Option<string>("--container", "-c") { Description = "the container, when the pod has several" };
        var stdin = new Option<bool>("--stdin", "-i") { Description = "pass standard input to the command" };
        var tty = new Option<bool>("--tty", "-t") { Description = "give the command a terminal" };
        ObjectNames.CompletePods(target, shared);
        var command = new Command("exec", "Run a command in a container.") { target, words, container, stdin, tty };
        command.SetAction(async (parsed, token) =>
        {
            var line = parsed.GetValue(words) ?? [];
            if (line.Length == 0) throw new CliException("say what to run: orch exec pod -- command");
            if (parsed.Tokens.All(word => word.Type != TokenType.DoubleDash)) throw new CliException($"the command goes after --: orch exec {parsed.GetValue(target)} -- {string.Join(' ', line)}");
            using var cluster = shared.Connect(parsed);
            var @namespace = shared.Namespace(parsed);
            var start = new ExecStart
            {
                Namespace = @namespace,
                Pod = await PodNames.FindAsync(cluster, parsed.GetValue(target)!, @namespace, token), // required
                Container = parsed.GetValue(container) ?? "",
                Command = { line },
                Stdin = parsed.GetValue(stdin),
                Tty = parsed.GetValue(tty),
            };
            if (start is { Tty: true, Stdin: true } && !RawTerminal.IsThere)
            {
                await Console.Error.WriteLineAsync("Unable to use a TTY - input is not a terminal");
                start.Tty = false;
            }

            return await RunAsync(cluster, start, token);
        });
        return command;
    }

    static async Task<int> RunAsync(ClusterConnection cluster, ExecStart start, CancellationToken token)
    {
        using var call = await cluster.OpenAsync(client => client.Exec(cancellationToken: token));
        if (start.Tty && RawTerminal.Size is var (columns, rows)) start.Size = new TerminalSize { Columns = columns, Rows = rows };
        await call.RequestStream.WriteAsync(new ExecRequest { Start = start }, token);
        using var turn = new SemaphoreSlim(1);
        int exit;
        using (start is { Tty: true, Stdin: true } ? new RawTerminal() : null)
        using (start.Tty ? PosixSignalRegistration.Create(PosixSignal.SIGWINCH, changed => { _ = ResizeAsync(); }) : null)
        {
            _ = TypeAsync();
            exit = await ShowAsync(call.ResponseStream, token);
        }

        if (exit != 0) await Console.Error.WriteLineAsync($"command terminated with exit code {exit}");
        return exit;

        // Not waited for: a read of standard input ends when there is some, which may be never.
        async Task TypeAsync()
        {
            try
            {
                if (start.Stdin)
                {
                    // The framework's own stream of a terminal edits lines itself.
                    await using var input = new FileStream(new SafeFileHandle(StandardInput, ownsHandle: false), FileAccess.Read, bufferSize: 0);
                    var piece = new byte[PieceBytes];
                    for (int count; (count = await input.ReadAsync(piece, token)) > 0;)
                        await SendAsync(new ExecRequest { Stdin = ByteString.CopyFrom(piece, 0, count) });
                }

                // Sizes may still come on a terminal, whose input has no end.
                if (!start.Tty) await call.RequestStream.CompleteAsync();
            }
            catch (Exception ended) when (ended is RpcException or InvalidOperationException or OperationCanceledException)
            {
                // The answer's direction tells how the command ended.
            }
        }

        async Task ResizeAsync()
        {
            try
            {
                if (RawTerminal.Size is var (width, height)) await SendAsync(new ExecRequest { Size = new TerminalSize { Columns = width, Rows = height } });
            }
            catch (Exception ended) when (ended is RpcException or InvalidOperationException or OperationCanceledException)
            {
                // As above.
            }
        }

        async Task SendAsync(ExecRequest request)
        {
            await turn.WaitAsync(token);
            try
            {
                await call.RequestStream.WriteAsync(request, token);
            }
            finally
            {
                turn.Release();
            }
        }
    }

    static async Task<int> ShowAsync(IAsyncStreamReader<ExecReply> replies, CancellationToken token)
    {
        await using var output = Console.OpenStandardOutput();
        await using var errors = Console.OpenStandardError();
        await foreach (var reply in replies.ReadAllAsync(token))
        {
            if (reply.PartCase == ExecReply.PartOneofCase.ExitCode) return reply.ExitCode;
            var (to, data) = reply.PartCase == ExecReply.PartOneofCase.Stderr ? (errors, reply.Stderr) : (output, reply.Stdout);
            await to.WriteAsync(data.Memory, token);
            await to.FlushAsync(token);
        }

        throw new CliException("the connection to the command broke off; whether it ended is not known");
    }
}
