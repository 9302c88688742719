using System.CommandLine;
using Orchestrator.Cli.Commands;
using Orchestrator.Cli.Output;

var shared = new SharedOptions();
var root = new RootCommand("Talks to the cluster: applies manifests, shows and deletes objects, reads logs.")
{
    ApplyCommand.Create(shared),
    GetCommand.Create(shared),
    DescribeCommand.Create(shared),
    DeleteCommand.Create(shared),
    LogsCommand.Create(shared),
    RolloutCommand.Create(shared),
    ImageCommand.Create(shared),
    ConfigCommand.Create(),
    VersionCommand.Create(shared),
    CompletionCommand.Create(),
};
shared.AddTo(root);
return await Failures.Guarded(() => root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false }));
