using System.CommandLine;
using System.Globalization;
using Grpc.Core;
using Orchestrator.Cli.Connection;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch logs</c>: what a container has written.</summary>
static class LogsCommand
{
    public static Command Create(SharedOptions shared)
    {
        var target = new Argument<string>("pod") { Description = "a pod, or deployment/web for one of its pods" };
        var container = new Option<string>("--container", "-c") { Description = "the container, when the pod has several" };
        var follow = new Option<bool>("--follow", "-f") { Description = "go on with what is written from now on" };
        var previous = new Option<bool>("--previous", "-p") { Description = "of the container's run before this one" };
        var timestamps = new Option<bool>("--timestamps") { Description = "with the time of each line" };
        var tail = new Option<long?>("--tail") { Description = "the last so many lines" };
        var since = new Option<string>("--since") { Description = "not older than, such as 30s, 5m or 1h30m" };
        ObjectNames.CompletePods(target, shared);
        var command = new Command("logs", "Show what a container has written.") { target, container, follow, previous, timestamps, tail, since };
        command.SetAction(async (parsed, token) =>
        {
            using var cluster = shared.Connect(parsed);
            var @namespace = shared.Namespace(parsed);
            var request = new LogsRequest
            {
                Namespace = @namespace,
                Pod = await PodNames.FindAsync(cluster, parsed.GetValue(target)!, @namespace, token), // required
                Container = parsed.GetValue(container) ?? "",
                Follow = parsed.GetValue(follow),
                Previous = parsed.GetValue(previous),
                Timestamps = parsed.GetValue(timestamps),
            };
            if (parsed.GetValue(tail) is { } lines and >= 0) request.TailLines = lines;
            if (parsed.GetValue(since) is { } age) request.SinceSeconds = SecondsOf(age);
            using var call = await cluster.OpenAsync(client => client.Logs(request, cancellationToken: token));
            await using var output = Console.OpenStandardOutput();
            await foreach (var reply in call.ResponseStream.ReadAllAsync(token))
            {
                await output.WriteAsync(reply.Text.Memory, token);
                await output.FlushAsync(token);
            }

            return 0;
        });
        return command;
    }

    /// <exception cref="CliException">The text is no duration.</exception>
    internal static long SecondsOf(string text)
    {
        var (total, start) = (0L, 0);
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i])) continue;
            var factor = text[i] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
            if (factor == 0 || !int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) break;
            total += (long)number * factor;
            start = i + 1;
        }

        return text.Length > 0 && start == text.Length ? total : throw new CliException($"--since {text} is no duration; write 30s, 5m or 1h30m");
    }
}
