namespace Orchestrator.Model.Pods;

/// <summary>What is done at two moments of a container's life. Source: Kubernetes core/v1 Lifecycle.</summary>
public sealed record Lifecycle
{
    /// <summary>Right after the start; the container is running once it is done, and ends when it fails.</summary>
    public LifecycleHandler? PostStart { get; init; }

    /// <summary>Before the signal to stop, within the time of grace.</summary>
    public LifecycleHandler? PreStop { get; init; }
}

/// <summary>Exactly one of the actions is set.</summary>
public sealed record LifecycleHandler
{
    public ExecAction? Exec { get; init; }

    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public SleepAction? Sleep { get; init; }
}

/// <summary>Waits. Source: KEP-3960.</summary>
public sealed record SleepAction
{
    public required long Seconds { get; init; }
}
