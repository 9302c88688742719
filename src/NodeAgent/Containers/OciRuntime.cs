using System.Diagnostics;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Containers;

/// <summary>
/// The OCI runtime as a program: starts a pod's shim, runs a command inside a container.
/// </summary>
sealed class OciRuntime(string program, string root)
{
    static readonly TimeSpan ShimTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Where the runtime keeps its own state.</summary>
    public string Root { get; } = PrivateDirectory.Make(root);

    /// <summary>Has a shim serving the pod's directory; one that serves already is left as it is.</summary>
    /// <exception cref="IOException">It can't be started.</exception>
    public async Task EnsureShimAsync(string podDirectory, CancellationToken cancel)
    {
        var result = await ExternalProgram.RunAsync([program, "--root", Root, "shim", "--dir", podDirectory], ShimTimeout, cancel);
        if (result.ExitCode != 0)
            throw new IOException($"the pod's shim can't be started: {program} ended with {result.ExitCode}: {result.Output}");
    }

    /// <summary>Ends and forgets a container whatever its state. One the runtime does not know is fine.</summary>
    public async Task ForceDeleteAsync(string id, CancellationToken cancel)
    {
        var result = await ExternalProgram.RunAsync([program, "--root", Root, "delete", "--force", id], ShimTimeout, cancel);
        if (result.ExitCode != 0 && Directory.Exists(Path.Combine(Root, id)))
            throw new IOException($"container {id} can't be removed: {result.Output}");
    }

    /// <summary>Runs a command inside a container, with a limit on time and output.</summary>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public Task<ProgramResult> ExecAsync(string id, IReadOnlyList<string> command, TimeSpan timeout, CancellationToken cancel) =>
        ExternalProgram.RunAsync([program, "--root", Root, "exec", id, .. command], timeout, cancel);

    /// <summary>Starts a command inside a container for somebody who looks on: the program's three streams are the command's, signals go on to it, and its exit code is the command's.</summary>
    /// <exception cref="IOException">The runtime can't be started.</exception>
    public Process BeginExec(string id, IReadOnlyList<string> command) => ExternalProgram.Start([program, "--root", Root, "exec", id, .. command]);

    /// <summary>The same with a terminal.</summary>
    /// <param name="processFile">The command as a process of the runtime-spec.</param>
    /// <param name="consoleSocket">Where the terminal is sent.</param>
    /// <exception cref="IOException">The runtime can't be started.</exception>
    public Process BeginExec(string id, string processFile, string consoleSocket) =>
        ExternalProgram.Start([program, "--root", Root, "exec", "--console-socket", consoleSocket, "--process", processFile, id]);
}
