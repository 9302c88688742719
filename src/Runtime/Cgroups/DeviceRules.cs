using System.Globalization;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Cgroups;

/// <summary>Which devices a container may use: nothing, then the configuration's rules in order, then the devices every container has.</summary>
static class DeviceRules
{
    const int AllAccesses = 3; // r, w and m

    // Every node may be made (it can't be opened for that); the default devices, terminals and ptmx may be used.
    static readonly DeviceRule[] Always =
    [
        new(true, 'c', null, null, "m"),
        new(true, 'b', null, null, "m"),
        new(true, 'c', 1, 3, "rwm"),
        new(true, 'c', 1, 5, "rwm"),
        new(true, 'c', 1, 7, "rwm"),
        new(true, 'c', 1, 8, "rwm"),
        new(true, 'c', 1, 9, "rwm"),
        new(true, 'c', 5, 0, "rwm"),
        new(true, 'c', 5, 2, "rwm"),
        new(true, 'c', 136, null, "rwm"),
    ];

    public static IReadOnlyList<DeviceRule> Complete(IReadOnlyList<DeviceRule> rules) => [.. rules, .. Always];

    /// <summary>
    /// The rule as the v1 devices controller reads it, such as "c 1:3 rwm". Its "a" means every device and every access at once,
    /// so a narrower rule for both kinds becomes two.
    /// </summary>
    public static IReadOnlyList<string> InWords(DeviceRule rule) => rule switch
    {
        { Type: 'a', Major: null, Minor: null } when rule.Access.Distinct().Count() == AllAccesses => ["a"],
        { Type: 'a' } => [Line(rule with { Type = 'b' }), Line(rule with { Type = 'c' })],
        _ => [Line(rule)],
    };

    static string Line(DeviceRule rule) => $"{rule.Type} {Number(rule.Major)}:{Number(rule.Minor)} {rule.Access}";

    static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "*";
}
