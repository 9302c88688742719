namespace Orchestrator.Runtime.Commands;

/// <summary>`shim --dir DIR`: starts the parent of a pod's containers (Shim/README.md).</summary>
static class ShimCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around) => throw new UsageException("later");
}
