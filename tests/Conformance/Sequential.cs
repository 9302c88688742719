namespace Orchestrator.Conformance;

/// <summary>Suites and engines use the host's cgroups and mounts: one after the other.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Sequential
{
    public const string Name = "one after the other";
}
