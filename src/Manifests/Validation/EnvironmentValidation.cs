using Orchestrator.Model.Pods;

namespace Orchestrator.Manifests.Validation;

/// <summary>What must hold of a container's variables, wherever they come from.</summary>
static class EnvironmentValidation
{
    public static void Container(Findings findings, string path, Container container)
    {
        for (var i = 0; i < container.Env.Count; i++) Variable(findings, $"{path}.env[{i}]", container.Env[i]);
        for (var i = 0; i < container.EnvFrom.Count; i++)
        {
            var source = container.EnvFrom[i];
            PodActionValidation.OneOf(findings, $"{path}.envFrom[{i}]", ("configMapRef", source.ConfigMapRef), ("secretRef", source.SecretRef));
            findings.Require(source.Prefix is null || !HasNoName(source.Prefix), $"{path}.envFrom[{i}].prefix", $"\"{source.Prefix}\" can't begin the name of a variable");
        }
    }

    /// <summary>A field or a resource, as variables and files name them.</summary>
    public static void Field(Findings findings, string path, ObjectFieldSelector? field, ResourceFieldSelector? resource)
    {
        if (field is not null)
            findings.Require(PodFields.IsKnown(field.FieldPath), $"{path}.fieldRef.fieldPath", $"there is no field {field.FieldPath} to take; there are {PodFields.Known}");
        if (resource is not null)
        {
            findings.Require(PodFields.IsKnownResource(resource.Resource), $"{path}.resourceFieldRef.resource",
                $"\"{resource.Resource}\" is none of limits or requests, a dot, and cpu, memory or ephemeral-storage");
            findings.Require(resource.Divisor is null || resource.Divisor.Value.Value > 0, $"{path}.resourceFieldRef.divisor", "must be more than 0");
        }
    }

    static void Variable(Findings findings, string path, EnvVar variable)
    {
        findings.Require(variable.Name.Length > 0 && !HasNoName(variable.Name), $"{path}.name", $"\"{variable.Name}\" is no name of a variable");
        if (variable.ValueFrom is not { } from) return;
        findings.Require(variable.Value.Length == 0, path, "has a value and a valueFrom; keep one");
        PodActionValidation.OneOf(findings, $"{path}.valueFrom",
            ("fieldRef", from.FieldRef), ("resourceFieldRef", from.ResourceFieldRef), ("configMapKeyRef", from.ConfigMapKeyRef), ("secretKeyRef", from.SecretKeyRef));
        Field(findings, $"{path}.valueFrom", from.FieldRef, from.ResourceFieldRef);
    }

    static bool HasNoName(string text) => text.Contains('=') || text.Contains('\0');
}
