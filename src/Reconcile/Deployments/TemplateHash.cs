using Orchestrator.Model;
using Orchestrator.Model.Pods;

namespace Orchestrator.Reconcile.Deployments;

/// <summary>Tells pod templates apart by a short text, which names their ReplicaSet and labels its pods.</summary>
static class TemplateHash
{
    public const string Label = "pod-template-hash";

    const string Digits = "bcdfghjklmnpqrstvwxz2456789";
    const int Length = 10;

    public static string Of(PodTemplate template)
    {
        // FNV-1a, 64 bit: the template's own text is short, and equal texts must give equal names for ever.
        var hash = 14695981039346656037UL;
        foreach (var octet in ModelJson.Encode(template)) hash = (hash ^ octet) * 1099511628211UL;
        return string.Create(Length, hash, static (text, rest) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                text[i] = Digits[(int)(rest % (ulong)Digits.Length)];
                rest /= (ulong)Digits.Length;
            }
        });
    }

    /// <summary>The template with the hash among its labels.</summary>
    public static PodTemplate Labelled(PodTemplate template, string hash) => template with
    {
        Metadata = template.Metadata with { Labels = With(template.Metadata.Labels, hash) },
    };

    public static Dictionary<string, string> With(IReadOnlyDictionary<string, string> labels, string hash) => new(labels) { [Label] = hash };
}
