using Orchestrator.Model.Schema;
using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>A check of a container that is repeated; exactly one of the actions is set. Source: Kubernetes core/v1 Probe.</summary>
public sealed record Probe
{
    public HttpGetAction? HttpGet { get; init; }

    public TcpSocketAction? TcpSocket { get; init; }

    public ExecAction? Exec { get; init; }

    public GrpcAction? Grpc { get; init; }

    /// <summary>Seconds between the signal and the kill when this probe ends the container; the pod's when null.</summary>
    public long? TerminationGracePeriodSeconds { get; init; }

    public int InitialDelaySeconds { get; init; }

    [Default("10")]
    public int PeriodSeconds { get; init => field = value == 0 ? 10 : value; } = 10;

    [Default("1")]
    public int TimeoutSeconds { get; init => field = value == 0 ? 1 : value; } = 1;

    [Default("1")]
    public int SuccessThreshold { get; init => field = value == 0 ? 1 : value; } = 1;

    [Default("3")]
    public int FailureThreshold { get; init => field = value == 0 ? 3 : value; } = 3;
}

/// <summary>Succeeds on a status from 200 to 399.</summary>
public sealed record HttpGetAction
{
    [Default("\"/\"")]
    public string Path { get; init => field = value ?? "/"; } = "/";

    public required IntOrString Port { get; init; }

    /// <summary>The host to connect to; the pod's address when null.</summary>
    public string? Host { get; init; }

    [Default("\"HTTP\"")]
    public UriScheme Scheme { get; init; }

    public IReadOnlyList<HttpHeader> HttpHeaders { get; init => field = value ?? []; } = [];
}

public enum UriScheme
{
    HTTP,
    HTTPS,
}

public sealed record HttpHeader
{
    public required string Name { get; init; }

    public required string Value { get; init; }
}

/// <summary>Succeeds when the port accepts a connection.</summary>
public sealed record TcpSocketAction
{
    public required IntOrString Port { get; init; }

    public string? Host { get; init; }
}

/// <summary>Succeeds when the command exits with 0 inside the container.</summary>
public sealed record ExecAction
{
    public IReadOnlyList<string> Command { get; init => field = value ?? []; } = [];
}

/// <summary>Succeeds when the health service says SERVING. Source: GRPC Health Checking Protocol, grpc.health.v1.</summary>
public sealed record GrpcAction
{
    public required int Port { get; init; }

    /// <summary>The name to ask for; the whole server when null.</summary>
    public string? Service { get; init; }
}
