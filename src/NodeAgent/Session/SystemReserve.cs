using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;
using Orchestrator.NodeAgent.Pressure;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.NodeAgent.Session;

/// <summary>
/// What of the machine is not for pods, as the kubelet's option --system-reserved writes it: <c>cpu=200m,memory=512Mi,ephemeral-storage=1Gi</c>. Source: Kubernetes, "Reserve
/// Compute Resources for System Daemons".
/// </summary>
public static class SystemReserve
{
    static readonly string[] Names = [ResourceNames.Cpu, ResourceNames.Memory, ResourceNames.EphemeralStorage];

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static string? ProblemOf(string text) => OptionText.ProblemOf(() => Parse(text));

    /// <summary>What pods may reserve of a machine: all but this, and but what has to stay free lest pods are evicted.</summary>
    internal static Dictionary<string, Quantity> Allocatable(IReadOnlyDictionary<string, Quantity> capacity, NodeAgentOptions options)
    {
        var left = capacity.ToDictionary();
        foreach (var (name, amount) in Parse(options.SystemReserved)) Take(name, amount);
        foreach (var threshold in EvictionThresholds.Parse(options.EvictionHard))
        {
            var name = threshold.Signal switch { Signal.Memory => ResourceNames.Memory, Signal.Disk => ResourceNames.EphemeralStorage, Signal.Inodes or Signal.Pids => null };
            if (name is not null && capacity.TryGetValue(name, out var all)) Take(name, Quantity.FromBytes(threshold.Of(new Supply(0, all.Units))));
        }

        return left;

        void Take(string name, Quantity amount)
        {
            if (!left.TryGetValue(name, out var there)) return;
            left[name] = name == ResourceNames.Cpu ? Quantity.FromMillicores(Math.Max(0, there.Millis - amount.Millis)) : Quantity.FromBytes(Math.Max(0, there.Units - amount.Units));
        }
    }

    static Dictionary<string, Quantity> Parse(string text)
    {
        Dictionary<string, Quantity> reserved = [];
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (part.Split('=', StringSplitOptions.TrimEntries) is not [var name, var amount] || !Names.Contains(name))
                throw new FormatException($"\"{part}\" is no reserve; write one of {string.Join(", ", Names)}, then = and an amount, such as memory=512Mi");
            reserved[name] = Quantity.TryParse(amount, out var quantity) && quantity.Value >= 0 ? quantity : throw new FormatException($"\"{amount}\" in \"{part}\" is no amount, such as 200m or 512Mi");
        }

        return reserved;
    }
}
