using System.CommandLine;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd ingress</c>: takes requests from outside for a cluster whose servers are elsewhere.</summary>
static class IngressCommand
{
    public static Command Create()
    {
        var shared = new SharedOptions();
        var command = new Command("ingress", "Take requests from outside and bring them to the pods of a cluster that this machine joins, as an agent does, at its first start.");
        shared.AddTo(command);
        command.SetAction((parsed, token) => OrchdHost.RunAsync(shared.WithIngress(parsed, shared.Read(parsed)), token));
        return command;
    }
}
