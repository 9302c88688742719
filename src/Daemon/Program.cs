using System.CommandLine;
using Orchestrator.Daemon.Commands;
using Orchestrator.Daemon.Hosting;

var root = new RootCommand("The daemon of the orchestrator: control plane, node agent and ingress.")
{
    ServerCommand.Create(),
    AgentCommand.Create(),
    IngressCommand.Create(),
    DevCommand.Create(),
    ResetCommand.Create(),
};
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }).Guarded();
