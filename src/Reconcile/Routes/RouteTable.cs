using Orchestrator.Model.Services;

namespace Orchestrator.Reconcile.Routes;

/// <summary>Where an ingress sends requests, with nothing left for it to decide.</summary>
public sealed record RouteTable(long Revision, IReadOnlyList<Route> Routes, IReadOnlyList<Backend> Backends, IReadOnlyList<SiteCertificate> Certificates);

/// <summary>Sends the requests for a host and path to a backend.</summary>
/// <param name="Host">Empty for every host; <c>*.example.com</c> for one label in front.</param>
/// <param name="Order">Lower comes first among routes that match.</param>
/// <param name="Settings">What else its Ingress asks for.</param>
public sealed record Route(string Id, string Host, string Path, bool Exact, string Backend, int Order, IngressSettings Settings);

/// <summary>The pods behind one port of a service.</summary>
/// <param name="KeepsPod">A client's requests go to the pod that had its first one.</param>
/// <param name="Wakes">Its workload may be scaled to nothing, and is scaled up when requests wait.</param>
public sealed record Backend(string Id, IReadOnlyList<Destination> Destinations, bool KeepsPod, bool Wakes);

/// <param name="Id">The pod's uid.</param>
/// <param name="Address">address:port</param>
/// <param name="CanaryPercent">The share of the requests that the pods of a canary get together; 0 for all other pods.</param>
public sealed record Destination(string Id, string Address, int CanaryPercent = 0);

/// <summary>What hosts are served with over TLS. Of two for one host the first counts.</summary>
/// <param name="Id">The Secret, as namespace/name.</param>
/// <param name="Hosts">Names, and <c>*.example.com</c> for one label in front.</param>
/// <param name="Chain">The certificate and those between it and a root, in PEM.</param>
/// <param name="Key">Its private key, in PEM.</param>
public sealed record SiteCertificate(string Id, IReadOnlyList<string> Hosts, byte[] Chain, byte[] Key)
{
    /// <summary>Says nothing of the key: records print all they have, and some of it might end in a log.</summary>
    public override string ToString() => $"{Id} for {string.Join(", ", Hosts)}";
}
