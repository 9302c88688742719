namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// Something that happened to a pod on its node: the outcome of a step, or what its containers did by themselves.
/// </summary>
public abstract record PodEvent
{
    PodEvent()
    {
    }

    public sealed record SetUpDone(string? PodIp) : PodEvent;

    public sealed record SetUpFailed(string Message) : PodEvent;

    /// <summary>The node was restarted: namespaces and mounts of before are gone.</summary>
    public sealed record SetUpLost : PodEvent;

    /// <summary>A ConfigMap, a Secret or a field that the pod's files or variables come from has changed.</summary>
    public sealed record ContentChanged : PodEvent;

    /// <summary>The files show the content of a version.</summary>
    public sealed record Refreshed(int Version) : PodEvent;

    public sealed record RefreshFailed(int Version, string Message) : PodEvent;

    /// <summary>The node may run again what must run at most once in the cluster.</summary>
    public sealed record LeaseRenewed : PodEvent;

    /// <summary>The node needs the room: the pod ends here as failed.</summary>
    public sealed record Evicted(string Message) : PodEvent;

    public sealed record Pulled(string Container, string ImageId) : PodEvent;

    /// <summary>The reason is one of ErrImagePull, InvalidImageName, ErrImageNeverPull.</summary>
    public sealed record PullFailed(string Container, string Reason, string Message) : PodEvent;

    /// <summary>The image that the container waits for has come to the node by another way than a pull.</summary>
    public sealed record ImageArrived(string Container) : PodEvent;

    public sealed record Created(string Container, int Instance) : PodEvent;

    /// <summary>The reason of a container that is not made because its node's lease is over.</summary>
    public const string LeaseLost = "NodeLeaseLost";

    /// <summary>The reason is CreateContainerError, CreateContainerConfigError when something that the pod refers to is missing, or <see cref="LeaseLost"/>.</summary>
    public sealed record CreateFailed(string Container, int Instance, string Reason, string Message) : PodEvent;

    public sealed record Started(string Container, int Instance, DateTimeOffset At) : PodEvent;

    /// <summary>The hook after the start is done; it failed when there is a message.</summary>
    public sealed record PostStarted(string Container, int Instance, string? Failure) : PodEvent;

    /// <summary>The hook before the end is done, well or not; the time is when it began.</summary>
    public sealed record PreStopped(string Container, int Instance, string Because, DateTimeOffset BegunAt) : PodEvent;

    public sealed record StartFailed(string Container, int Instance, string Message) : PodEvent;

    /// <summary>The instance ended, however it came to that.</summary>
    public sealed record Exited(string Container, int Instance, ContainerExit Exit) : PodEvent;

    /// <summary>A probe's result; the time is when the try began.</summary>
    public sealed record Probed(string Container, int Instance, ProbeKind Kind, bool Succeeded, string Message, DateTimeOffset BegunAt) : PodEvent;

    public sealed record Signalled(string Container, int Instance, string Because) : PodEvent;

    public sealed record Killed(string Container, int Instance) : PodEvent;

    public sealed record Deleted(string Container, int Instance) : PodEvent;

    /// <summary>The control plane wants the pod gone.</summary>
    public sealed record StopAsked : PodEvent;

    public sealed record TornDown : PodEvent;

    public sealed record TearDownFailed(string Message) : PodEvent;

    public sealed record Removed : PodEvent;
}
