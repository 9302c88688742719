using System.CommandLine;
using System.Net;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd dev</c>: a whole cluster in one process on one machine, with nothing to configure.</summary>
static class DevCommand
{
    const int IngressPort = 8080;

    public static Command Create()
    {
        var shared = new SharedOptions();
        var command = new Command("dev", "Run a whole cluster on this machine: server, agent, and an ingress on port 8080.");
        var history = new HistoryOptions();
        history.AddTo(command);
        shared.AddTo(command, joins: false);
        command.SetAction((parsed, token) =>
        {
            var settings = shared.Read(parsed, fallback: IPAddress.Loopback);
            return OrchdHost.RunAsync(settings with
            {
                Server = true,
                IsDev = true,
                History = history.Read(parsed),
                Agent = true,
                Ingress = new IPEndPoint(settings.Advertise, IngressPort),
            }, token);
        });
        return command;
    }
}
