namespace Orchestrator.Model.Meta;

/// <summary>Names one object in the cluster. Sorted by kind, then namespace, then name, in ordinal order.</summary>
/// <param name="Namespace">Empty for a kind that has no namespace.</param>
public readonly record struct ResourceKey(string Kind, string Namespace, string Name) : IComparable<ResourceKey>
{
    /// <summary>Empty for a kind that has no namespace: in JSON it is then left out, and comes back as null.</summary>
    public string Namespace { get; init => field = value ?? ""; } = Namespace ?? "";

    public int CompareTo(ResourceKey other)
    {
        var order = string.CompareOrdinal(Kind, other.Kind);
        if (order == 0) order = string.CompareOrdinal(Namespace, other.Namespace);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }

    public static bool operator <(ResourceKey left, ResourceKey right) => left.CompareTo(right) < 0;
    public static bool operator >(ResourceKey left, ResourceKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(ResourceKey left, ResourceKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(ResourceKey left, ResourceKey right) => left.CompareTo(right) >= 0;

    /// <summary>As people write it: <c>deployment/web</c>, with the namespace in front when it has one.</summary>
    public override string ToString()
    {
        var name = $"{Kind.ToLowerInvariant()}/{Name}";
        return Namespace.Length == 0 ? name : $"{Namespace}/{name}";
    }
}
