using Orchestrator.Contracts;

namespace Orchestrator.Ingress.Tests;

/// <summary>Route tables with only what matters said.</summary>
static class Given
{
    public static RouteTable Table(IEnumerable<Route> routes, params Backend[] backends)
    {
        var table = new RouteTable { Revision = 1 };
        foreach (var route in routes)
        {
            route.Order = table.Routes.Count;
            route.Id = $"{table.Routes.Count}";
            table.Routes.Add(route);
        }

        table.Backends.AddRange(backends);
        return table;
    }

    public static Route Prefix(string host, string path, string backend = "web") =>
        new() { Host = host, Path = path, PathType = Route.Types.PathType.Prefix, Backend = backend };

    public static Route Exact(string host, string path, string backend = "web") =>
        new() { Host = host, Path = path, PathType = Route.Types.PathType.Exact, Backend = backend };

    public static Backend Backend(string id, params string[] addresses)
    {
        var backend = new Backend { Id = id };
        backend.Destinations.AddRange(addresses.Select(address => new Destination { Id = address, Address = address }));
        return backend;
    }
}
