using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.Scheduler.Asks;

/// <summary>
/// Gives every resource a column, so that amounts are arrays of whole numbers: cpu and devices in thousandths, everything else in units. The first columns are fixed.
/// </summary>
sealed class Amounts
{
    public const int Cpu = 0;
    public const int Memory = 1;
    public const int Pods = 2;
    public const int EphemeralStorage = 3;

    /// <summary>All that is free or asked of devices, in thousandths of one.</summary>
    public const int Gpu = 4;

    /// <summary>Thousandths of one device.</summary>
    public const int Device = 1000;

    readonly List<string> _names = [ResourceNames.Cpu, ResourceNames.Memory, ResourceNames.Pods, ResourceNames.EphemeralStorage, ResourceNames.Gpu];
    readonly Dictionary<string, int> _columns;

    public Amounts() => _columns = _names.Select((name, i) => (name, i)).ToDictionary(each => each.name, each => each.i, StringComparer.Ordinal);

    public int Count => _names.Count;

    public string Name(int column) => _names[column];

    public int ColumnOf(string name)
    {
        if (_columns.TryGetValue(name, out var column)) return column;
        _names.Add(name);
        return _columns[name] = _names.Count - 1;
    }

    public static long Read(int column, Quantity quantity) => column == Cpu ? quantity.Millis : quantity.Units;

    /// <summary>An amount of a column as people write it: <c>500m</c>, <c>64Mi</c>, <c>2</c>.</summary>
    public static string Text(int column, long amount) => column switch
    {
        Cpu or Gpu => Quantity.FromMillicores(amount).ToString(),
        Memory or EphemeralStorage => Quantity.FromBytes(amount).ToString(),
        _ => Quantity.FromCount(amount).ToString(),
    };
}
