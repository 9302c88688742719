using System.Text.Json.Serialization;

namespace Orchestrator.Model.Meta;

/// <summary>
/// A note that a part of the control plane keeps for itself in the store, such as a row of a membership table. Users neither see nor write it.
/// </summary>
public sealed record Record() : Resource("internal/v1", KindName)
{
    public const string KindName = "Record";

    /// <summary>What is noted, in whatever form its writer chose.</summary>
    [JsonPropertyOrder(1)]
    public string Data { get; init => field = value ?? ""; } = "";

    public override bool SameSpecAs(Resource other) => other is Record same && Data == same.Data;
}
