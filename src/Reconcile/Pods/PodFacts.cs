using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Pods;

/// <summary>
/// What a node's agent knows about one pod of its own: everything that is decided from, and what its journal keeps.
/// It changes only through <see cref="PodHistory"/>.
/// </summary>
public sealed record PodFacts
{
    /// <summary>When the agent took the pod on.</summary>
    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>The address of the node.</summary>
    public string? HostIp { get; init; }

    /// <summary>The pod's own address, once it is set up.</summary>
    public string? PodIp { get; init; }

    /// <summary>True while namespaces, network and volumes of the pod stand.</summary>
    public bool IsSetUp { get; init; }

    /// <summary>Why it could not be set up or taken down, when the last try failed.</summary>
    public Trouble? SetUpTrouble { get; init; }

    /// <summary>Counts the changes of what its files and variables come from; not journalled, because an agent that begins anew looks at all of it.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int ContentVersion { get; init; }

    /// <summary>The version that its files show.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int ShownVersion { get; init; }

    /// <summary>Why its files could not be brought up to date, when the last try failed.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public Trouble? RefreshTrouble { get; init; }

    /// <summary>Why the node could not keep it; null while it does.</summary>
    public string? Eviction { get; init; }

    /// <summary>When the pod was first asked to stop; null while it may run.</summary>
    public DateTimeOffset? StopAskedAt { get; init; }

    /// <summary>True once nothing of the pod is left on the node but its log and this record.</summary>
    public bool IsTornDown { get; init; }

    /// <summary>True once the log and the record are gone too.</summary>
    public bool IsRemoved { get; init; }

    /// <summary>The containers by name, init containers among them. A name that is missing has not been touched.</summary>
    public IReadOnlyDictionary<string, ContainerFacts> Containers { get; init; } = new Dictionary<string, ContainerFacts>();

    /// <summary>The last status that was decided: phases only rise, and conditions remember when they changed.</summary>
    public PodStatus Status { get; init; } = new();

    /// <summary>What is known of a container; an untouched one if nothing is.</summary>
    public ContainerFacts Of(string container) => Containers.TryGetValue(container, out var facts) ? facts : ContainerFacts.Untouched;
}

/// <summary>Where the newest instance of a container stands. An instance only goes forward; a restart is a new one.</summary>
public enum ContainerStage
{
    /// <summary>No instance was made yet.</summary>
    Waiting,

    /// <summary>Made, its program not started.</summary>
    Created,

    /// <summary>Its program runs.</summary>
    Running,

    /// <summary>Its program has ended; the instance still stands in the runtime.</summary>
    Exited,

    /// <summary>Ended, and nothing of the instance is left but its log.</summary>
    Gone,
}

/// <summary>What is known of one container of a pod.</summary>
public sealed record ContainerFacts
{
    /// <summary>A container nothing was done for yet.</summary>
    public static ContainerFacts Untouched { get; } = new();

    /// <summary>Instances made so far; the newest has this number less one.</summary>
    public int Instances { get; init; }

    public ContainerStage Stage { get; init; }

    /// <summary>The digest of its image, once it is on the node.</summary>
    public string? ImageId { get; init; }

    public Trouble? PullTrouble { get; init; }

    /// <summary>Why the newest instance could not be made or started, when the last try failed.</summary>
    public Trouble? StartTrouble { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>How the newest instance ended.</summary>
    public ContainerExit? Exit { get; init; }

    /// <summary>How the instance before it ended.</summary>
    public ContainerExit? PreviousExit { get; init; }

    /// <summary>Endings in a row without a long run between them: decides the back-off.</summary>
    public int Crashes { get; init; }

    /// <summary>True once the hook after the start of the newest instance is done.</summary>
    public bool IsPostStarted { get; init; }

    /// <summary>What that hook failed with.</summary>
    public string? PostStartFailure { get; init; }

    /// <summary>When the hook before the end of the newest instance began, once it is done.</summary>
    public DateTimeOffset? PreStoppedAt { get; init; }

    /// <summary>When the newest instance was asked to stop.</summary>
    public DateTimeOffset? SignalledAt { get; init; }

    /// <summary>When it was last killed.</summary>
    public DateTimeOffset? KilledAt { get; init; }

    /// <summary>Why it was asked to stop, for its status.</summary>
    public string? StopReason { get; init; }

    public ProbeFacts Startup { get; init; } = new();

    public ProbeFacts Readiness { get; init; } = new();

    public ProbeFacts Liveness { get; init; } = new();

    public ProbeFacts Of(ProbeKind kind) => kind switch
    {
        ProbeKind.Startup => Startup,
        ProbeKind.Readiness => Readiness,
        ProbeKind.Liveness => Liveness,
    };
}

/// <summary>How an instance ended.</summary>
public sealed record ContainerExit(int ExitCode, int? Signal, bool OutOfMemory, DateTimeOffset? StartedAt, DateTimeOffset FinishedAt)
{
    /// <summary>True when nobody saw it end: the node was restarted, or its shim died.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>More about it, such as the probe that had it stopped.</summary>
    public string? Message { get; init; }
}

/// <summary>Something that failed and is tried again: one word, a sentence, how often in a row, and when last.</summary>
public sealed record Trouble(string Reason, string Message, int Count, DateTimeOffset At);

public enum ProbeKind
{
    Startup,
    Readiness,
    Liveness,
}

/// <summary>The results of one probe of one instance.</summary>
public sealed record ProbeFacts
{
    /// <summary>The last verdict: enough successes in a row, or enough failures. Null before the first.</summary>
    public bool? Verdict { get; init; }

    /// <summary>Results in a row that agree with the last one; not journalled.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public int InARow { get; init; }

    [System.Text.Json.Serialization.JsonIgnore]
    public bool LastSucceeded { get; init; }

    /// <summary>When the last try began; not journalled.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public DateTimeOffset? LastAt { get; init; }

    /// <summary>What the last failure said.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string? Message { get; init; }
}
