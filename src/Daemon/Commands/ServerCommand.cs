using System.CommandLine;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd server</c>: a member of the control plane, and, if asked, an agent and an ingress with it.</summary>
static class ServerCommand
{
    public static Command Create()
    {
        var shared = new SharedOptions();
        var agent = new Option<bool>("--agent") { Description = "also run pods on this machine" };
        var ingress = new Option<bool>("--ingress") { Description = "also take requests from outside on this machine" };
        var join = SharedOptions.Addresses("--join", "servers of a cluster that this one joins as a learner, separated by commas; `orch cluster promote` then has it vote");
        var command = new Command("server", "Run a server of the control plane.") { agent, ingress, join };
        command.Subcommands.Add(RestoreCommand.Create(shared));
        command.Subcommands.Add(RecoverCommand.Create(shared));
        var history = new HistoryOptions();
        history.AddTo(command);
        shared.AddTo(command);
        command.SetAction((parsed, token) =>
        {
            var settings = shared.Read(parsed) with { Server = true, Agent = parsed.GetValue(agent), History = history.Read(parsed) };
            if (parsed.GetValue(join) is { Length: > 0 } joined) settings = settings with { Join = joined, Servers = [.. joined, settings.Advertise] };
            else if (!settings.Servers.Contains(settings.Advertise))
                throw new StartException($"--servers must name all servers, and so also this one: {settings.Advertise}");
            if (settings.Join.Count == 0 && settings.Servers.Count % 2 == 0)
                throw new StartException($"{settings.Servers.Count} servers survive no more failures than {settings.Servers.Count - 1}; give --servers an odd number of them");
            if (parsed.GetValue(ingress)) settings = settings with { Ingress = shared.IngressEndpoint(parsed, settings) };
            return OrchdHost.RunAsync(settings, token);
        });
        return command;
    }
}
