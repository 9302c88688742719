using Orchestrator.Model.Certificates;
using Orchestrator.Model.Gateways;
using Orchestrator.Model.Services;

namespace Orchestrator.Reconcile.Routes;

/// <summary>Where an ingress sends requests, with nothing left for it to decide.</summary>
public sealed record RouteTable(long Revision, IReadOnlyList<Route> Routes, IReadOnlyList<Backend> Backends, IReadOnlyList<SiteCertificate> Certificates, IReadOnlyList<Challenge> Challenges);

/// <summary>Sends the requests for a host and path to a backend.</summary>
/// <param name="Id">Begins with the Ingress, as namespace/name, or the HTTPRoute, as namespace/name and <see cref="OfHttpRoute"/>; its requests are counted under that.</param>
/// <param name="Host">Empty for every host; <c>*.example.com</c> for one label in front.</param>
/// <param name="Order">Lower comes first among routes that match.</param>
/// <param name="Settings">What else its Ingress asks for.</param>
public sealed record Route(string Id, string Host, string Path, bool Exact, string Backend, int Order, IngressSettings Settings)
{
    /// <summary>What is behind an HTTPRoute's name in ids; no name has it.</summary>
    public const string OfHttpRoute = "+httproute";

    public RouteConditions Only { get; init; } = RouteConditions.None;

    public RouteActions Does { get; init; } = RouteActions.None;
}

/// <summary>What else has to be true of a request.</summary>
/// <param name="AnyLabels">Any number of labels may stand for the star of the host.</param>
/// <param name="Tls">Whether it has to come over TLS, or must not; null for both.</param>
/// <param name="Method">Null for every method.</param>
public sealed record RouteConditions(bool AnyLabels, bool? Tls, string? Method, IReadOnlyList<HttpValueMatch> Headers, IReadOnlyList<HttpValueMatch> Query)
{
    public static readonly RouteConditions None = new(false, null, null, [], []);
}

/// <summary>What is done to a request and its answer on the way.</summary>
/// <param name="Timeout">How long the whole may take; zero for no limit.</param>
public sealed record RouteActions(HttpHeaderModifier? Request, HttpHeaderModifier? Response, HttpRequestRedirect? Redirect, HttpUrlRewrite? Rewrite, TimeSpan Timeout)
{
    public static readonly RouteActions None = new(null, null, null, null, TimeSpan.Zero);
}

/// <summary>The pods behind one port of a service.</summary>
/// <param name="KeepsPod">A client's requests go to the pod that had its first one.</param>
/// <param name="Wakes">Its workload may be scaled to nothing, and is scaled up when requests wait.</param>
/// <param name="IsHttp2">The pods expect HTTP/2.</param>
/// <param name="HealthPath">What each pod is asked for, to see whether it is well; empty where none is asked.</param>
public sealed record Backend(string Id, IReadOnlyList<Destination> Destinations, bool KeepsPod, bool Wakes, bool IsHttp2 = false, string HealthPath = "");

/// <param name="Id">The pod's uid.</param>
/// <param name="Address">address:port</param>
/// <param name="CanaryPercent">The share of the requests that the pods of a canary get together; 0 for all other pods.</param>
/// <param name="Group">Which of several services it is of.</param>
/// <param name="Weight">The part of the requests that its group gets, of the sum of all groups' weights; 0 where there is one group only.</param>
public sealed record Destination(string Id, string Address, int CanaryPercent = 0, int Group = 0, int Weight = 0);

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
