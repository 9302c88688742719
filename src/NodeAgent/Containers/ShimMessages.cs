using System.Text.Json.Serialization;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The lines spoken with a pod's shim over its socket: one JSON object a line, each way.
/// </summary>
sealed record ShimRequest(string Op)
{
    public string? Id { get; init; }
    public string? Bundle { get; init; }
    public string? Log { get; init; }
    public int? Signal { get; init; }
    public int? Milliseconds { get; init; }
}

/// <summary>Any answer: ok or an error, and what the operation brings.</summary>
sealed record ShimAnswer
{
    public bool Ok { get; init; }
    public string? Error { get; init; }
    public int? Pid { get; init; }
    public List<ShimContainer>? Containers { get; init; }
    public ShimContainer? Exit { get; init; }
}

/// <summary>A container as its shim sees it; after its end also how it ended.</summary>
sealed record ShimContainer
{
    public const string Stopped = "stopped";

    public string Id { get; init; } = "";
    public int Pid { get; init; }
    public string? Status { get; init; }
    public int ExitCode { get; init; }
    public int Signal { get; init; }
    public bool OomKilled { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 8)]
[JsonSerializable(typeof(ShimRequest))]
[JsonSerializable(typeof(ShimAnswer))]
sealed partial class ShimJson : JsonSerializerContext;
