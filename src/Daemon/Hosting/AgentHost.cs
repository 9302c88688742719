using Orchestrator.NodeAgent;

namespace Orchestrator.Daemon.Hosting;

/// <summary>Runs the node agent beside whatever else this process does. Its end leaves the containers running.</summary>
sealed class AgentHost(NodeAgentOptions options, IServiceProvider services) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        new NodeAgentService(options, services.GetRequiredService<ILogger<NodeAgentService>>()).RunAsync(stoppingToken);
}
