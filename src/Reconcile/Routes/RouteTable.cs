namespace Orchestrator.Reconcile.Routes;

/// <summary>Where an ingress sends requests, with nothing left for it to decide.</summary>
public sealed record RouteTable(long Revision, IReadOnlyList<Route> Routes, IReadOnlyList<Backend> Backends);

/// <summary>Sends the requests for a host and path to a backend.</summary>
/// <param name="Host">Empty for every host; <c>*.example.com</c> for one label in front.</param>
/// <param name="Order">Lower comes first among routes that match.</param>
public sealed record Route(string Id, string Host, string Path, bool Exact, string Backend, int Order);

/// <summary>The pods behind one port of a service.</summary>
public sealed record Backend(string Id, IReadOnlyList<Destination> Destinations);

/// <param name="Id">The pod's uid.</param>
/// <param name="Address">address:port</param>
public sealed record Destination(string Id, string Address);
