using System.CommandLine;
using System.Reflection;
using Orchestrator.Contracts;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch version</c>: of this program and of the cluster.</summary>
static class VersionCommand
{
    public static Command Create(SharedOptions shared)
    {
        var client = new Option<bool>("--client") { Description = "only of this program" };
        var command = new Command("version", "Show the versions of this program and of the cluster.") { client };
        command.SetAction(async (parsed, token) =>
        {
            var own = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
            Console.WriteLine($"Client: {own}");
            if (parsed.GetValue(client)) return 0;
            using var cluster = shared.Connect(parsed);
            var reply = await cluster.AskAsync(each => each.VersionAsync(new VersionRequest(), cancellationToken: token).ResponseAsync).ConfigureAwait(false);
            Console.WriteLine($"Server: {reply.Version} (answered by {reply.Server}; {(reply.Leader.Length > 0 ? $"{reply.Leader} leads" : "no leader")}; revision {reply.Revision})");
            return 0;
        });
        return command;
    }
}
