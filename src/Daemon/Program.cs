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
root.Subcommands.Add(ConfigCommand.Create(root));
var invocation = new InvocationConfiguration
{
    EnableDefaultExceptionHandler = false,
    // A stop ends sessions, the silo and the log in turn. Cut short by the library's own two seconds it would look like a crash.
    ProcessTerminationTimeout = TimeSpan.FromSeconds(30),
};
return await StartFailures.Guarded(() => root.Parse(Configuration.Complete(root, args, Environment.GetEnvironmentVariables())).InvokeAsync(invocation));
