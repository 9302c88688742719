namespace Orchestrator.Cli.Tests;

/// <summary>A clock that stands still.</summary>
sealed class FixedClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
