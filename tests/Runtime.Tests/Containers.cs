using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

namespace Orchestrator.Runtime.Tests;

/// <summary>Tests that make real containers run one after the other: the machine's cgroups and mounts are shared.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Containers
{
    public const string Name = "containers";
}
