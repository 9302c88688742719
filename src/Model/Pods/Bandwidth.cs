using Orchestrator.Model.Values;

namespace Orchestrator.Model.Pods;

/// <summary>How fast a pod may receive and send, as upstream's annotations have it; looked at when the pod is connected. Source: Kubernetes, "Network plugins", support traffic shaping.</summary>
/// <param name="Ingress">Bits a second that it receives at most; null: no limit.</param>
/// <param name="Egress">Bits a second that it sends at most; null: no limit.</param>
public sealed record Bandwidth(long? Ingress, long? Egress)
{
    const string IngressKey = "kubernetes.io/ingress-bandwidth", EgressKey = "kubernetes.io/egress-bandwidth";

    /// <summary>Upstream's bounds.</summary>
    const long Least = 1_000, Most = 1_000_000_000_000_000;

    public static readonly Bandwidth Unlimited = new(null, null);

    /// <param name="annotations">All of a pod.</param>
    /// <param name="problem">Gets the key, and what is wrong with it.</param>
    public static Bandwidth Read(IReadOnlyDictionary<string, string> annotations, Action<string, string> problem)
    {
        return new Bandwidth(Rate(IngressKey), Rate(EgressKey));

        long? Rate(string key)
        {
            if (!annotations.TryGetValue(key, out var text)) return null;
            if (Quantity.TryParse(text, out var bits) && bits.Value is >= Least and <= Most) return (long)bits.Value;
            problem(key, $"is \"{text}\", but must be a number of bits a second between 1k and 1P, such as 10M");
            return null;
        }
    }
}
