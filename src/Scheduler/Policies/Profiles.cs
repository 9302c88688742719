using System.Diagnostics;

namespace Orchestrator.Scheduler.Policies;

/// <summary>The policies by the names that pods and namespaces choose them by.</summary>
public static class Profiles
{
    /// <summary>Fills nodes, so that large gaps stay whole.</summary>
    public const string BinPack = "bin-pack";

    /// <summary>Keeps nodes evenly loaded.</summary>
    public const string Spread = "spread";

    public static IReadOnlyList<string> Names { get; } = [BinPack, Spread];

    internal static Policy Make(string name) => name switch
    {
        BinPack => new BinPack(),
        Spread => new EvenLoad(),
        _ => throw new UnreachableException($"no policy is called {name}"),
    };
}
