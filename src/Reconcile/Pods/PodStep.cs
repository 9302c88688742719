using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// One thing to do for a pod now. The agent does it and tells the outcome as a <see cref="PodEvent"/>; it may be
/// proposed again until that outcome is known, and doing it twice does no harm.
/// </summary>
public abstract record PodStep
{
    PodStep()
    {
    }

    /// <summary>Make namespaces, network and volumes.</summary>
    public sealed record SetUp : PodStep;

    /// <summary>Bring the files of its volumes up to the content of now.</summary>
    public sealed record Refresh(int Version) : PodStep;

    /// <summary>Have the container's image on the node.</summary>
    public sealed record Pull(string Container) : PodStep;

    /// <summary>Make an instance of the container, without starting it.</summary>
    public sealed record Create(string Container, int Instance) : PodStep;

    public sealed record Start(string Container, int Instance) : PodStep;

    public sealed record Probe(string Container, int Instance, ProbeKind Kind) : PodStep;

    /// <summary>Do what the container wants done after its start.</summary>
    public sealed record PostStart(string Container, int Instance) : PodStep;

    /// <summary>Do what the container wants done before it is asked to stop.</summary>
    public sealed record PreStop(string Container, int Instance, string Because) : PodStep;

    /// <summary>Ask it to stop, with the signal its image names or SIGTERM.</summary>
    public sealed record Signal(string Container, int Instance, string Because) : PodStep;

    /// <summary>End it with SIGKILL.</summary>
    public sealed record Kill(string Container, int Instance) : PodStep;

    /// <summary>Clear away an ended instance; its log stays.</summary>
    public sealed record Delete(string Container, int Instance) : PodStep;

    /// <summary>Take down namespaces, network and volumes of a pod that has ended.</summary>
    public sealed record TearDown : PodStep;

    /// <summary>Forget the pod: its logs and its record.</summary>
    public sealed record Remove : PodStep;

    /// <summary>The container it is for; null for a step of the whole pod.</summary>
    public string? ContainerName => this switch
    {
        Pull step => step.Container,
        Create step => step.Container,
        Start step => step.Container,
        Probe step => step.Container,
        PostStart step => step.Container,
        PreStop step => step.Container,
        Signal step => step.Container,
        Kill step => step.Container,
        Delete step => step.Container,
        SetUp or Refresh or TearDown or Remove => null,
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}

/// <summary>
/// What to do for a pod now, how its status reads, and when to look again if nothing happens before; null for never.
/// </summary>
public sealed record PodDecision(IReadOnlyList<PodStep> Steps, PodStatus Status, DateTimeOffset? NextCheck);
