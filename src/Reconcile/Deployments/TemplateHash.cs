using Orchestrator.Model;
using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>Tells pod templates apart by a short text, which names their ReplicaSet and labels its pods.</summary>
static class TemplateHash
{
    public const string Label = "pod-template-hash";

    public static string Of(PodTemplate template) => ShortHash.Of(ModelJson.Encode(template));

    /// <summary>The template with the hash among its labels.</summary>
    public static PodTemplate Labelled(PodTemplate template, string hash) => template with
    {
        Metadata = template.Metadata with { Labels = With(template.Metadata.Labels, hash) },
    };

    public static Dictionary<string, string> With(IReadOnlyDictionary<string, string> labels, string hash) => new(labels) { [Label] = hash };
}
