using System.Collections.Concurrent;
using Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Metrics;

/// <summary>The latest metrics of those whose streams this server holds. What is old says nothing of now, and is forgotten.</summary>
sealed class HeardMetrics(TimeProvider clock)
{
    /// <summary>Three times what passes between two of them, and some room.</summary>
    static readonly TimeSpan Useful = TimeSpan.FromSeconds(20);

    readonly ConcurrentDictionary<string, (long At, NodeMetrics Metrics)> _nodes = new(StringComparer.Ordinal);

    /// <param name="node">Who says it, by its certificate: nobody speaks for another.</param>
    public void Heard(string node, NodeMetrics metrics)
    {
        metrics.Node = node;
        _nodes[node] = (clock.GetTimestamp(), metrics);
    }

    public MetricsReply Reply()
    {
        foreach (var (node, heard) in _nodes)
        {
            if (clock.GetElapsedTime(heard.At) > Useful) _nodes.TryRemove(KeyValuePair.Create(node, heard));
        }

        var reply = new MetricsReply();
        reply.Nodes.AddRange(_nodes.Values.Select(heard => heard.Metrics));
        return reply;
    }
}
