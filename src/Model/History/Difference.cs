using Orchestrator.Model.Meta;
using Orchestrator.Model.State;

namespace Orchestrator.Model.History;

/// <summary>An object that is not the same at two revisions.</summary>
/// <param name="Before">Null when it was not there at the first.</param>
/// <param name="After">Null when it was not there at the second.</param>
public sealed record Difference(ResourceKey Key, Resource? Before, Resource? After)
{
    /// <summary>The objects among the wanted ones that differ, sorted by kind, namespace and name.</summary>
    public static IEnumerable<Difference> Between(ClusterState before, ClusterState after, Func<Resource, bool> wanted)
    {
        foreach (var kind in before.Objects.Keys.Union(after.Objects.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            var (then, now) = (before.Objects.GetValueOrDefault(kind), after.Objects.GetValueOrDefault(kind));
            if (ReferenceEquals(then, now)) continue; // nothing of this kind was written
            var keys = (then?.Keys ?? []).Union(now?.Keys ?? []).Order();
            foreach (var key in keys)
            {
                var (old, present) = (then?.GetValueOrDefault(key), now?.GetValueOrDefault(key));
                if (ReferenceEquals(old, present) || old?.Metadata.ResourceVersion == present?.Metadata.ResourceVersion) continue;
                if ((old is not null && wanted(old)) || (present is not null && wanted(present))) yield return new Difference(key, old, present);
            }
        }
    }
}
