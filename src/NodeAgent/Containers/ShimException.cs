namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// A pod's shim refused an operation, or could not be spoken with. The message is for the pod's status.
/// </summary>
sealed class ShimException(string message, Exception? inner = null) : Exception(message, inner);
