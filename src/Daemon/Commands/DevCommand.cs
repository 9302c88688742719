using System.CommandLine;
using System.Net;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd dev</c>: a whole cluster in one process on one machine, with nothing to configure.</summary>
static class DevCommand
{
    const int IngressPort = 8080, IngressTlsPort = 8443;

    public static Command Create()
    {
        var shared = new SharedOptions();
        var command = new Command("dev", "Run a whole cluster on this machine: server, agent, and an ingress on ports 8080 and, for TLS, 8443.");
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
                IngressTls = new IPEndPoint(settings.Advertise, IngressTlsPort),
            }, token);
        });
        return command;
    }
}
