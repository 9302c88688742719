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
var invocation = new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    // A stop ends sessions, the silo and the log in turn. Cut short by the library's own two seconds it would look like a crash.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
};
return await root.Parse(args).InvokeAsync(invocation).Guarded();
