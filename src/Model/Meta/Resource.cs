using System.Text.Json.Serialization;

namespace Orchestrator.Model.Meta;

/// <summary>
/// An object of the cluster: what users apply and what the store keeps. Immutable; a change is a new object.
/// </summary>
[JsonConverter(typeof(ResourceConverter))]
public abstract record Resource(
    [property: JsonPropertyOrder(-9)] string ApiVersion,
    [property: JsonPropertyOrder(-8)] string Kind)
{
    [JsonPropertyOrder(-7)]
    public ObjectMeta Metadata { get; init => field = value ?? new(); } = new();

    [JsonIgnore]
    public string Name => Metadata.Name;

    /// <summary>The namespace, or the empty text for a kind that has none.</summary>
    [JsonIgnore]
    public string Namespace => Metadata.Namespace ?? "";

    [JsonIgnore]
    public ResourceKey Key => new(Kind, Namespace, Name);

    /// <summary>This object's spec and metadata with the status of <paramref name="other"/>; itself for a kind without a status.</summary>
    public virtual Resource WithStatusOf(Resource other) => this;

    /// <summary>This object as it is before anything was observed of it; itself for a kind without a status.</summary>
    public virtual Resource WithoutStatus() => this;

    /// <summary>True when users wrote the same in both: everything but metadata and status is equal.</summary>
    public abstract bool SameSpecAs(Resource other);
}

/// <summary>A kind in the common shape: what is wanted, written by users, and what is observed, written by the cluster.</summary>
public abstract record Resource<TSpec, TStatus>(string ApiVersion, string Kind) : Resource(ApiVersion, Kind)
    where TSpec : class, new()
    where TStatus : class, new()
{
    [JsonPropertyOrder(1)]
    public TSpec Spec { get; init => field = value ?? new(); } = new();

    [JsonPropertyOrder(2)]
    [Schema.SystemWritten]
    public TStatus Status { get; init => field = value ?? new(); } = new();

    public override Resource WithStatusOf(Resource other) => this with { Status = ((Resource<TSpec, TStatus>)other).Status };

    public override Resource WithoutStatus() => this with { Status = new TStatus() };

    public override bool SameSpecAs(Resource other) =>
        other is Resource<TSpec, TStatus> same && (ReferenceEquals(Spec, same.Spec) || ModelJson.Same(Spec, same.Spec));
}
