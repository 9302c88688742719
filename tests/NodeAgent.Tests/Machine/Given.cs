using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Tests.Machine;

/// <summary>
/// Runs a program for a test and fails with its words if it does.
/// </summary>
static class Given
{
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    public static async Task<string> RunAsync(params string[] command)
    {
        var result = await ExternalProgram.RunAsync(command, Timeout, CancellationToken.None);
        return result.ExitCode == 0 ? result.Output : throw new InvalidOperationException($"{string.Join(' ', command)}: {result.Output}");
    }
}
