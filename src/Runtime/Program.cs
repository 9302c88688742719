using Orchestrator.Runtime.Commands;

return CommandLine.Run(args);
