using Microsoft.Extensions.Logging;
using Orchestrator.ControlPlane.Controllers;
using Orchestrator.ControlPlane.Store;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.State;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.ControlPlane.Nodes;

/// <summary>
/// Asks every node's session for its lease while this server leads, and writes what changes: a node that is lost, or back. Heartbeats themselves
/// never reach the log.
/// </summary>
sealed partial class NodeMonitor(ClusterStore store, NodeSessions sessions, TimeProvider clock, ILogger<NodeMonitor> log)
{
    /// <summary>How often every node is looked at: a lost node is noticed at most this much after its lease has run out.</summary>
    static readonly TimeSpan Period = TimeSpan.FromMilliseconds(250);

    public async Task RunAsync(LeaderWriter writer, CancellationToken token)
    {
        using var timer = new PeriodicTimer(Period, clock);
        do
        {
            var nodes = store.Current.All<Node>(Node.KindName).ToList();
            await Task.WhenAll(nodes.Select(node => JudgeAsync(node.Name, writer, token)));
        }
        while (await timer.WaitForNextTickAsync(token));
    }

    async Task JudgeAsync(string name, LeaderWriter writer, CancellationToken token)
    {
        var lease = await sessions.ObserveAsync(name, token);
        var state = store.Current;
        if (state.Find<Node>(Node.KindName, "", name) is not { } node) return;
        var plan = NodeHealth.Judge(state, node, lease, clock.GetUtcNow());
        if (plan.IsEmpty) return;
        try
        {
            if (await writer.WriteAsync(plan.Operations, "NodeMonitor", token) is Applied) Judged(plan.Because);
        }
        catch (StoreUnavailableException)
        {
            // The next round looks again.
        }
    }

    [LoggerMessage(EventIds.NodeJudged, LogLevel.Information, "{Because}")]
    partial void Judged(string because);
}
