using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Orchestrator.Bench;

/// <summary>What a pod's shim holds of memory of its own while its container runs and nothing happens.</summary>
static class ShimMemory
{
    // The shim gives memory back after 5 s of quiet.
    static readonly TimeSpan Quiet = TimeSpan.FromSeconds(8);

    /// <returns>Private_Dirty of smaps_rollup, in KiB.</returns>
    public static long Measure(string orun, string root, string directory, string bundle)
    {
        Directory.CreateDirectory(directory);
        Measured.Do(orun, "--root", root, "shim", "--dir", directory);
        var pid = int.Parse(File.ReadAllText(directory + "/shim.pid"), CultureInfo.InvariantCulture);
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(directory + "/shim.sock"));
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream);
            Ask(stream, reader, $$"""{"op":"create","id":"shimmed","bundle":"{{bundle}}","log":"{{directory}}/log"}""");
            Ask(stream, reader, """{"op":"start","id":"shimmed"}""");
            Thread.Sleep(Quiet);
            return File.ReadLines($"/proc/{pid}/smaps_rollup").Where(line => line.StartsWith("Private_Dirty:", StringComparison.Ordinal))
                .Select(line => long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).Single();
        }
        finally
        {
            using var shim = Process.GetProcessById(pid);
            shim.Kill();
            Measured.Do(orun, "--root", root, "delete", "--force", "shimmed");
        }
    }

    public static void Ask(NetworkStream stream, StreamReader reader, string line)
    {
        stream.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
        var answer = reader.ReadLine();
        if (answer?.Contains("\"ok\":true", StringComparison.Ordinal) != true) throw new InvalidOperationException($"{line}: {answer}");
    }
}
