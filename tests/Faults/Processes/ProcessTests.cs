namespace Orchestrator.Faults.Processes;

/// <summary>Clusters of real processes, one after the other: two at once take the processor from each other for longer than an election waits.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessTests
{
    public const string Name = "processes";
}
