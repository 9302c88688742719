namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// A pod's own users and groups: 0 to 65535 inside are as many of the node's from a number on that no other pod and no user of the node
/// has (user_namespaces(7); KEP-127).
/// </summary>
/// <param name="First">The node's number for root inside.</param>
/// <param name="Namespace">Where the user namespace is pinned.</param>
sealed record PodUsers(uint First, string Namespace)
{
    /// <summary>How many there are; the node's own users are below the first multiple of it.</summary>
    public const uint Count = 65536;
}
