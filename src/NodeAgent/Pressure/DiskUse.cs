using System.Globalization;
using Orchestrator.NodeAgent.Syscalls;

namespace Orchestrator.NodeAgent.Pressure;

/// <summary>
/// Measures directories with du(1), which follows no link and leaves out what is mounted in them, whatever a container does there meanwhile.
/// </summary>
static class DiskUse
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Bytes on the disk, and how many files and directories.</summary>
    /// <exception cref="IOException">It can't be measured.</exception>
    public static async Task<(long Bytes, long Inodes)> OfAsync(IReadOnlyList<string> directories, CancellationToken cancel)
    {
        List<string> there = [.. directories.Where(Directory.Exists)];
        return there.Count == 0 ? (0, 0) : (await SumAsync("--block-size=1", there, cancel), await SumAsync("--inodes", there, cancel));
    }

    static async Task<long> SumAsync(string unit, List<string> directories, CancellationToken cancel)
    {
        try
        {
            // It also complains of files that went while it looked, and has the sum all the same, in the last line.
            string[] quiet = ["/bin/sh", "-c", "exec du --summarize --total --one-file-system \"$@\" 2>/dev/null", "du"];
            var result = await ExternalProgram.RunAsync([.. quiet, unit, "--", .. directories], Patience, cancel);
            var total = result.Output[(result.Output.LastIndexOf('\n') + 1)..].Split('\t')[0];
            return long.TryParse(total, NumberStyles.None, CultureInfo.InvariantCulture, out var sum) ? sum : throw new IOException($"du ended with {result.ExitCode} and without a sum");
        }
        catch (TimeoutException e)
        {
            throw new IOException(e.Message, e);
        }
    }
}
