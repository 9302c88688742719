using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Networking;

/// <summary>
/// Hands the kernel a change of its packet filter: all of the text is one transaction, or nothing. By the program nft, not by netlink: beside 60,000
/// elements a change takes it some 20 ms, and the text is what people can read and repeat.
/// </summary>
static class Nft
{
    // Loading 10,000 services takes about a second; a busy machine takes longer.
    static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);

    // A list of all remembered clients of a busy node.
    const int ListBytes = 256 << 20;

    /// <exception cref="IOException">It is refused; nothing has changed.</exception>
    public static async Task RunAsync(NetworkNamespace home, string rules, CancellationToken cancel) => await TextAsync(home, ["-f", "-"], rules, cancel);

    /// <summary>Runs nft with these arguments and hands back what it says.</summary>
    public static async Task<string> TextAsync(NetworkNamespace home, IReadOnlyList<string> arguments, string? input, CancellationToken cancel)
    {
        string[] command = home.Path is null ? ["nft", .. arguments] : ["nsenter", $"--net={home.Path}", "nft", .. arguments];
        var result = await ExternalProgram.RunAsync(command, Timeout, cancel, input, ListBytes);
        return result.ExitCode == 0 ? result.Output : throw new IOException($"nft refuses the rules: {result.Output}");
    }
}
