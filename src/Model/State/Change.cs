using Orchestrator.Model.Meta;

namespace Orchestrator.Model.State;

/// <summary>One object's change at a revision. Several objects may change at the same revision.</summary>
/// <param name="Before">The object as it was; null when it was created.</param>
/// <param name="After">The object as it is; null when it was removed.</param>
/// <param name="Author">Who changed it.</param>
public sealed record Change(long Revision, ResourceKey Key, Resource? Before, Resource? After, string Author);
