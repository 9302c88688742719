using System.Globalization;
using Orchestrator.Model.Values;
using Orchestrator.Reconcile.Nodes;

namespace Orchestrator.NodeAgent.Pressure;

/// <summary>Reads thresholds as the kubelet's option --eviction-hard writes them: <c>memory.available&lt;100Mi,nodefs.available&lt;10%</c>.</summary>
public static class EvictionThresholds
{
    /// <summary>The kubelet's own, but for the disk, of which it wants a tenth free however large it is: half of that, as in k3s. And the last of the pids.</summary>
    public const string Usual = "memory.available<100Mi,nodefs.available<5%,nodefs.inodesFree<5%,pid.available<2%";

    static readonly (string Name, Signal Signal)[] Names =
        [("memory.available", Signal.Memory), ("nodefs.available", Signal.Disk), ("nodefs.inodesFree", Signal.Inodes), ("pid.available", Signal.Pids)];

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public static string? ProblemOf(string text) => OptionText.ProblemOf(() => Parse(text));

    /// <exception cref="FormatException">It says which part can't be read.</exception>
    internal static IReadOnlyList<Threshold> Parse(string text) =>
        [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(One)];

    static Threshold One(string text)
    {
        var parts = text.Split('<', StringSplitOptions.TrimEntries);
        if (parts is not [var name, var least] || Names.All(each => each.Name != name))
            throw new FormatException($"\"{text}\" is no threshold; write one of {string.Join(", ", Names.Select(each => each.Name))}, then < and an amount or a percentage, such as memory.available<100Mi");
        var signal = Names.First(each => each.Name == name).Signal;
        if (least.EndsWith('%') && int.TryParse(least.AsSpan(0, least.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var percent) && percent <= 100)
            return new Threshold(signal, null, percent);
        return Quantity.TryParse(least, out var amount) && amount.Value >= 0
            ? new Threshold(signal, amount.Units, null)
            : throw new FormatException($"\"{least}\" in \"{text}\" is neither an amount, such as 100Mi, nor a percentage, such as 10%");
    }
}
