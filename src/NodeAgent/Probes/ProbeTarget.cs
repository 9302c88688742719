using System.Net;
using Orchestrator.Model.Pods;
using Orchestrator.Model.Values;

namespace Orchestrator.NodeAgent.Probes;

/// <summary>What a probe found.</summary>
sealed record ProbeResult(bool Succeeded, string Message)
{
    public static ProbeResult Success { get; } = new(true, "");

    public static ProbeResult Failure(string why) => new(false, why);
}

/// <summary>
/// Where a probe goes: the pod's address, and a port by number or by the name one of the container's ports has.
/// </summary>
static class ProbeTarget
{
    const int LargestPort = 65535;

    public static int? PortOf(IntOrString port, Container container)
    {
        var number = port.Text is null ? port.Number
            : int.TryParse(port.Text, out var parsed) ? parsed
            : container.Ports.FirstOrDefault(named => named.Name == port.Text)?.Port;
        return number is > 0 and <= LargestPort ? number : null;
    }

    public static string HostOf(string? host, IPAddress podAddress) => host ?? podAddress.ToString();
}
