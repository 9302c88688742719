using System.CommandLine;
using Orchestrator.Daemon.Hosting;

namespace Orchestrator.Daemon.Commands;

/// <summary><c>orchd agent</c>: runs pods for a cluster whose servers are elsewhere.</summary>
static class AgentCommand
{
    public static Command Create()
    {
        var shared = new SharedOptions();
        var command = new Command("agent", "Run pods on this machine for a cluster that it joins with --join and --token at its first start.");
        shared.AddTo(command);
        command.SetAction((parsed, token) => OrchdHost.RunAsync(shared.Read(parsed) with { Agent = true }, token));
        return command;
    }
}
