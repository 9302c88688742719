namespace Orchestrator.Faults.Seeded;

/// <summary>Choices from a seed, for many threads.</summary>
sealed class Chance(int seed)
{
    readonly Random _random = new(seed);

    public bool OneIn(int count)
    {
        lock (_random) return _random.Next(count) == 0;
    }
}
