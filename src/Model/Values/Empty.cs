using System.Collections.Frozen;

namespace Orchestrator.Model.Values;

/// <summary>The empty map that fields fall back to, so that no reader has to ask for null.</summary>
static class Empty
{
    public static readonly IReadOnlyDictionary<string, string> Map = FrozenDictionary<string, string>.Empty;
}
