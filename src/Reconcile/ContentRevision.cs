using System.Globalization;
using System.Text;
using Orchestrator.Model.Pods;
using Orchestrator.Model.State;
using Orchestrator.Model.Workloads;

namespace Orchestrator.Reconcile;

/// <summary>
/// Puts onto a template which versions of ConfigMaps and Secrets its pods refer to, so that a change of them is a new revision like any other change: rolled out step by step, and rolled
/// back when it fails. A version is the object's uid and generation; nothing is said of the content.
/// </summary>
static class ContentRevision
{
    public static PodTemplate Of(ClusterState state, string @namespace, PodTemplate template)
    {
        var versions = new StringBuilder();
        foreach (var key in template.Spec.References(@namespace))
            if (state.Find(key) is { } content) versions.Append(CultureInfo.InvariantCulture, $"{key} {content.Metadata.Uid} {content.Metadata.Generation}\n");
        if (versions.Length == 0) return template;
        var annotations = new Dictionary<string, string>(template.Metadata.Annotations) { [RolloutAnnotations.Content] = ShortHash.Of(Encoding.UTF8.GetBytes(versions.ToString())) };
        return template with { Metadata = template.Metadata with { Annotations = annotations } };
    }
}
