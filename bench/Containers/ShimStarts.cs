using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Orchestrator.Bench;

/// <summary>The agent's own path: a pod's shim, which is there already, is asked to create and start a container. From the request to the answer.</summary>
static class ShimStarts
{
    /// <returns>The median in milliseconds.</returns>
    public static double Measure(string orun, string root, string directory, IReadOnlyList<string> bundles)
    {
        Directory.CreateDirectory(directory);
        Measured.Do(orun, "--root", root, "shim", "--dir", directory);
        using var shim = Process.GetProcessById(int.Parse(File.ReadAllText(directory + "/shim.pid"), CultureInfo.InvariantCulture));
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(directory + "/shim.sock"));
            using var stream = new NetworkStream(socket);
            using var reader = new StreamReader(stream);
            var times = new List<double>();
            for (var i = 0; i < bundles.Count; i++)
            {
                var clock = Stopwatch.StartNew();
                ShimMemory.Ask(stream, reader, $$"""{"op":"create","id":"pod{{i}}","bundle":"{{bundles[i]}}","log":"{{directory}}/log{{i}}"}""");
                ShimMemory.Ask(stream, reader, $$"""{"op":"start","id":"pod{{i}}"}""");
                times.Add(clock.Elapsed.TotalMilliseconds);
            }

            return times.Order().ElementAt(times.Count / 2);
        }
        finally
        {
            shim.Kill();
            for (var i = 0; i < bundles.Count; i++) Measured.Do(orun, "--root", root, "delete", "--force", $"pod{i}");
        }
    }
}
