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
return await StartFailures.Guarded(() =>
{
    var parsed = root.Parse(Configuration.Complete(root, args, Environment.GetEnvironmentVariables()));
    return parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = SharedOptions.StopTime(parsed) });
});
