using System.CommandLine;
using System.Reflection;
using System.Text.Json.Nodes;
using Orchestrator.Cli.Connection;
using Orchestrator.Cli.Output;
using Orchestrator.Contracts;
using Orchestrator.Manifests.Text;

namespace Orchestrator.Cli.Commands;

/// <summary><c>orch version</c>: of this program and of the cluster.</summary>
static class VersionCommand
{
    public static Command Create(SharedOptions shared)
    {
        var client = new Option<bool>("--client") { Description = "only of this program" };
        var output = new Option<string>("--output", "-o") { Description = "json or yaml" };
        var command = new Command("version", "Show the versions of this program and of the cluster.") { client, output };
        command.SetAction(async (parsed, token) =>
        {
            var form = parsed.GetValue(output);
            if (form is not (null or "json" or "yaml")) throw new CliException($"versions are shown as json or yaml, not {form}");
            var own = typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
            if (form is null) Console.WriteLine($"Client: {own}");
            var server = parsed.GetValue(client) ? null : await AskAsync();
            if (form is null && server is not null) Console.WriteLine(Line(server));
            else if (form is not null) Console.Write(form == "yaml" ? YamlWriter.Write(Json(own, server)) : Printer.Indent(Json(own, server)) + "\n");
            return 0;

            async Task<VersionReply> AskAsync()
            {
                using var cluster = shared.Connect(parsed);
                return await cluster.AskAsync(each => each.VersionAsync(new VersionRequest(), cancellationToken: token).ResponseAsync);
            }
        });
        return command;
    }

    static string Line(VersionReply reply) =>
        $"Server: {reply.Version} (answered by {reply.Server}; {(reply.Leader.Length > 0 ? $"{reply.Leader} leads" : "no leader")}; revision {reply.Revision})";

    static JsonObject Json(string own, VersionReply? server)
    {
        var json = new JsonObject { ["clientVersion"] = new JsonObject { ["version"] = own } };
        if (server is not null) json["serverVersion"] = new JsonObject { ["version"] = server.Version, ["server"] = server.Server, ["leader"] = server.Leader, ["revision"] = server.Revision };
        return json;
    }
}
