using System.Collections.Concurrent;
using Orchestrator.Contracts;

namespace Orchestrator.ControlPlane.Metrics;

/// <summary>The latest metrics of those whose streams this server holds. What is old says nothing of now, and is forgotten.</summary>
sealed class HeardMetrics(TimeProvider clock)
{
    /// <summary>Three times what passes between two of them, and some room.</summary>
    static readonly TimeSpan Useful = TimeSpan.FromSeconds(20);

    readonly ConcurrentDictionary<string, (long At, NodeMetrics Metrics)> _nodes = new(StringComparer.Ordinal);
    readonly ConcurrentDictionary<string, (long At, IngressMetrics Metrics)> _ingresses = new(StringComparer.Ordinal);

    /// <param name="node">Who says it, by its certificate: nobody speaks for another.</param>
    public void Heard(string node, NodeMetrics metrics)
    {
        metrics.Node = node;
        _nodes[node] = (clock.GetTimestamp(), metrics);
    }

    /// <param name="ingress">As above.</param>
    public void Heard(string ingress, IngressMetrics metrics)
    {
        metrics.Ingress = ingress;
        _ingresses[ingress] = (clock.GetTimestamp(), metrics);
    }

    public MetricsReply Reply()
    {
        var reply = new MetricsReply();
        reply.Nodes.AddRange(Present(_nodes));
        reply.Ingresses.AddRange(Present(_ingresses));
        return reply;
    }

    IEnumerable<T> Present<T>(ConcurrentDictionary<string, (long At, T Metrics)> all)
    {
        foreach (var (name, heard) in all)
        {
            if (clock.GetElapsedTime(heard.At) <= Useful) yield return heard.Metrics;
            else all.TryRemove(KeyValuePair.Create(name, heard));
        }
    }
}
