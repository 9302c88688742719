using System.Globalization;
using Orchestrator.Runtime.Spec;

namespace Orchestrator.Runtime.Launch;

/// <summary>Sockets that a service manager opened for the container's process: passed on, as its process 1 (sd_listen_fds(3)).</summary>
static class SocketActivation
{
    const string Count = "LISTEN_FDS", For = "LISTEN_PID";

    /// <summary>How many there are, from descriptor 3 on.</summary>
    public static int Descriptors() =>
        int.TryParse(Environment.GetEnvironmentVariable(Count), NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0;

    public static ProcessSpec Announce(ProcessSpec process)
    {
        var count = Descriptors();
        return count == 0 ? process : process with { Env = [.. process.Env, string.Create(CultureInfo.InvariantCulture, $"{Count}={count}"), For + "=1"] };
    }
}
