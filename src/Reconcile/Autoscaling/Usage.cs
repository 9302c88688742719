using Orchestrator.Model.Meta;

namespace Orchestrator.Reconcile.Autoscaling;

/// <summary>What was measured at one moment. Who is not in it was not measured, which is not the same as 0.</summary>
public sealed record Usage
{
    /// <summary>By the pods' uids, then by container.</summary>
    public required IReadOnlyDictionary<string, IReadOnlyDictionary<string, ContainerUsage>> Pods { get; init; }

    /// <summary>Requests a second by Ingress and HTTPRoute, over all ingress hosts; null when no host says anything.</summary>
    public IReadOnlyDictionary<ResourceKey, decimal>? Requests { get; init; }
}

/// <param name="Memory">Bytes.</param>
public readonly record struct ContainerUsage(long Millicores, long Memory);
