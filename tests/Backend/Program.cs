using Orchestrator.Backend;

if (args is ["witness", var directory]) return await Witness.RunAsync(directory);
await WebServer.RunAsync();
return 0;
