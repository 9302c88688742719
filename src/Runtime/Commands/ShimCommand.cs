using Orchestrator.Runtime.Shim;

namespace Orchestrator.Runtime.Commands;

/// <summary>`shim --dir DIR [--cgroup PATH]`: starts the parent of a pod's containers (Shim/README.md).</summary>
static class ShimCommand
{
    public static int Run(IReadOnlyList<string> arguments, Surroundings around)
    {
        var options = Options.Parse(arguments, ["dir=", "cgroup=", "serve"]);
        var directory = Path.GetFullPath(options.Value("dir") ?? throw new UsageException("shim wants --dir"));
        if (options.Has("serve")) ShimStart.Serve(around.States, around.Root, directory);
        else ShimStart.Ensure(around.Root, directory, options.Value("cgroup"));
        return 0;
    }
}
