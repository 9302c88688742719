using System.Collections.Immutable;
using Orchestrator.Model.Meta;
using Orchestrator.Model.Services;

namespace Orchestrator.Model.State;

/// <summary>Everything the cluster knows, at one revision. Immutable, so that whoever holds it has a consistent snapshot for as long as they like.</summary>
public sealed record ClusterState
{
    public static ClusterState Empty { get; } = new();

    /// <summary>Grows by one with every command that changed something.</summary>
    public long Revision { get; init; }

    /// <summary>The revision at which the present leader claimed to be it; 0 before the first.</summary>
    public long LeaderEpoch { get; init; }

    /// <summary>The server that claimed to be the leader last.</summary>
    public string? Leader { get; init; }

    /// <summary>The objects of each kind, sorted by namespace and name.</summary>
    public ImmutableSortedDictionary<string, ImmutableSortedDictionary<ResourceKey, Resource>> Objects { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableSortedDictionary<ResourceKey, Resource>>(StringComparer.Ordinal);

    /// <summary>What the services have that only one of them may have.</summary>
    public ServiceClaims Claims { get; private init; } = ServiceClaims.None;

    /// <summary>What the latest requests were answered.</summary>
    public Answers Answers { get; init; } = Answers.None;

    public Resource? Find(ResourceKey key) => Objects.GetValueOrDefault(key.Kind)?.GetValueOrDefault(key);

    /// <summary>The object of this kind and name, or null.</summary>
    public T? Find<T>(string kind, string @namespace, string name)
        where T : Resource => (T?)Find(new ResourceKey(kind, @namespace, name));

    /// <summary>All objects of a kind, sorted by namespace and name.</summary>
    public IEnumerable<T> All<T>(string kind)
        where T : Resource => Objects.GetValueOrDefault(kind)?.Values.Cast<T>() ?? [];

    /// <summary>The objects of a kind in one namespace, sorted by name.</summary>
    public IEnumerable<T> In<T>(string kind, string @namespace)
        where T : Resource => All<T>(kind).Where(resource => resource.Namespace == @namespace);

    /// <summary>Whether anything is in the namespace.</summary>
    public bool IsInUse(string @namespace) => Objects.Values.Any(kind => kind.Keys.Any(key => key.Namespace == @namespace));

    public int Count => Objects.Values.Sum(kind => kind.Count);

    /// <summary>A state of these objects and nothing else. Much faster than to add one after the other.</summary>
    public static ClusterState Of(IEnumerable<Resource> resources)
    {
        var kinds = new Dictionary<string, ImmutableSortedDictionary<ResourceKey, Resource>.Builder>(StringComparer.Ordinal);
        foreach (var resource in resources)
        {
            if (!kinds.TryGetValue(resource.Kind, out var kind)) kinds[resource.Kind] = kind = ImmutableSortedDictionary.CreateBuilder<ResourceKey, Resource>();
            kind[resource.Key] = resource;
        }

        return Empty with
        {
            Objects = kinds.ToImmutableSortedDictionary(each => each.Key, each => each.Value.ToImmutable(), StringComparer.Ordinal),
            Claims = kinds.GetValueOrDefault(Service.KindName)?.Values.Aggregate(ServiceClaims.None, static (claims, service) => claims.After(null, service)) ?? ServiceClaims.None,
        };
    }

    /// <summary>The state at a later revision: these objects put or, where there is none, removed.</summary>
    public ClusterState After(long revision, IEnumerable<(ResourceKey Key, Resource? Resource)> changes) => changes.Aggregate(
        this with { Revision = revision },
        (state, change) => change.Resource is { } resource ? state.With(resource) : state.Without(change.Key));

    /// <summary>The state with this object in it, as a supposition: nothing is counted up.</summary>
    public ClusterState With(Resource resource)
    {
        var ofKind = Objects.GetValueOrDefault(resource.Kind) ?? ImmutableSortedDictionary<ResourceKey, Resource>.Empty;
        return this with
        {
            Objects = Objects.SetItem(resource.Kind, ofKind.SetItem(resource.Key, resource)),
            Claims = resource is Service ? Claims.After(ofKind.GetValueOrDefault(resource.Key), resource) : Claims,
        };
    }

    /// <summary>The state without this object.</summary>
    public ClusterState Without(ResourceKey key) =>
        Objects.TryGetValue(key.Kind, out var ofKind)
            ? this with { Objects = Objects.SetItem(key.Kind, ofKind.Remove(key)), Claims = Claims.After(ofKind.GetValueOrDefault(key), null) }
            : this;
}
