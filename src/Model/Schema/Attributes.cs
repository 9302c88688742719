namespace Orchestrator.Model.Schema;

/// <summary>Names the field that identifies an element of a list, so that a merge matches elements by it (a Kubernetes patchMergeKey).</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class MergeKeyAttribute(string name) : Attribute
{
    public string Name => name;
}

/// <summary>The value a field gets when a manifest leaves it out, as JSON text.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DefaultAttribute(string json) : Attribute
{
    public string Json => json;
}

/// <summary>A field that can't be changed once the object exists.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ImmutableAttribute : Attribute;

/// <summary>A field that is only copied from: what it holds may change, also where the same is immutable in an object of its own.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class CopiedAttribute : Attribute;

/// <summary>A field that a manifest may carry but only the control plane or an agent writes; what a manifest says of it is left out.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SystemWrittenAttribute : Attribute;

/// <summary>Kubernetes fields of this type that are known but do nothing here yet: a manifest that has one gets a warning, not an error.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class KnownUpstreamAttribute(params string[] fields) : Attribute
{
    public IReadOnlyList<string> Fields => fields;
}
