using System.Text.RegularExpressions;
using Orchestrator.Model.Nodes;
using Orchestrator.Model.Pods;

namespace Orchestrator.NodeAgent.Session;

/// <summary>The taints that a node has when it first comes to its cluster, as kubectl writes them: <c>dedicated=db:NoSchedule</c>, <c>gpu:NoExecute</c>. From then on they are the cluster's.</summary>
public static partial class JoinTaints
{
    /// <summary>What is wrong with one; null when nothing is.</summary>
    public static string? ProblemOf(string text) => OptionText.ProblemOf(() => Parse(text));

    /// <exception cref="FormatException">It says what to write instead.</exception>
    internal static Taint Parse(string text)
    {
        var match = Text().Match(text);
        if (!match.Success || !Enum.TryParse<TaintEffect>(match.Groups["effect"].Value, out var effect))
            throw new FormatException($"\"{text}\" is no taint; write key=value:effect or key:effect with one of {string.Join(", ", Enum.GetNames<TaintEffect>())}");
        return new Taint { Key = match.Groups["key"].Value, Value = match.Groups["value"] is { Success: true } value ? value.Value : null, Effect = effect };
    }

    // Keys and values as of labels (Kubernetes, "Taints and Tolerations").
    [GeneratedRegex(@"\A(?<key>([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)(=(?<value>([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?))?:(?<effect>[A-Za-z]+)\z")]
    private static partial Regex Text();
}
